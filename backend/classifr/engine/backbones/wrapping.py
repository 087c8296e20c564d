"""Nodes around a model, so that it takes pixels as they are and gives one vector an image.

Import this only to wrap: `onnx` takes long to import and much memory.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from classifr.engine.backbones.backbone import Backbone
from classifr.engine.backbones.record import BackboneRecord, Layout

_PREFIX = "classifr_"


class WrappingImpossible(Exception):
    """The file is no ONNX model, or has no such input or output."""


def wrap_model(model: bytes, record: BackboneRecord, backbone: Backbone) -> bytes:
    """The model with `backbone`'s input, (N, H, W, 3) uint8, and output, (N, dimension) float32.

    Raises: WrappingImpossible.
    """
    try:
        proto = onnx.load_from_string(model)
    except Exception as error:  # Of protobuf, whose classes depend on its version.
        raise WrappingImpossible(f"it is no ONNX model: {error}") from error
    graph = proto.graph
    _check_name("input", record.input, [value.name for value in graph.input])
    _check_name("output", record.embedding_output, [value.name for value in graph.output])
    before = _before(record, backbone)
    nodes = [*before, *graph.node, *_after(record, backbone)]
    others = [value for value in graph.input if value.name != record.input]
    shape: list[str | int | None] = ["n", backbone.input_size, backbone.input_size, 3]
    image = helper.make_tensor_value_info(backbone.input_name, TensorProto.UINT8, shape)
    embedding = helper.make_tensor_value_info(
        backbone.embedding_output, TensorProto.FLOAT, ["n", backbone.dimension]
    )
    del graph.node[:], graph.input[:], graph.output[:]
    graph.node.extend(nodes)
    graph.input.extend([image, *others])
    graph.output.append(embedding)
    graph.initializer.extend(_constants(record, backbone))
    return bytes(proto.SerializeToString(deterministic=True))


def _before(record: BackboneRecord, backbone: Backbone) -> list[onnx.NodeProto]:
    """From pixels to the model's own input."""
    image, own = backbone.input_name, record.input
    if record.layout is Layout.NHWC:
        return [helper.make_node("Identity", [image], [own])]
    planes, numbers, centred = (_PREFIX + name for name in ("planes", "numbers", "centred"))
    return [
        # (N, H, W, C) -> (N, C, H, W), while a pixel is still one byte.
        helper.make_node("Transpose", [image], [planes], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", [planes], [numbers], to=TensorProto.FLOAT),
        helper.make_node("Sub", [numbers, f"{_PREFIX}mean"], [centred]),
        helper.make_node("Div", [centred, f"{_PREFIX}std"], [own]),
    ]


def _after(record: BackboneRecord, backbone: Backbone) -> list[onnx.NodeProto]:
    """From the model's own output to one vector an image."""
    own, output = record.embedding_output, backbone.embedding_output
    if record.token is None:
        return [helper.make_node("Cast", [own], [output], to=TensorProto.FLOAT)]
    chosen = f"{_PREFIX}chosen"
    return [
        # (N, tokens, dimension) -> (N, dimension)
        helper.make_node("Gather", [own, f"{_PREFIX}token"], [chosen], axis=1),
        helper.make_node("Cast", [chosen], [output], to=TensorProto.FLOAT),
    ]


def _constants(record: BackboneRecord, backbone: Backbone) -> list[onnx.TensorProto]:
    # (C,) -> (C, 1, 1), one value a plane.
    constants = {
        "mean": np.array(backbone.mean, np.float32).reshape(-1, 1, 1),
        "std": np.array(backbone.std, np.float32).reshape(-1, 1, 1),
    }
    tensors = [numpy_helper.from_array(value, _PREFIX + name) for name, value in constants.items()]
    token = np.array(record.token or 0, np.int64)
    return [*tensors, numpy_helper.from_array(token, f"{_PREFIX}token")]


def _check_name(what: str, name: str, names: list[str]) -> None:
    if name not in names:
        raise WrappingImpossible(f"it has no {what} {name}; it has {', '.join(names)}")
