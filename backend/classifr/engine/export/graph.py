"""A trained model as one ONNX file that anything can run: pixels in, probabilities out.

Import this only to export: `onnx` takes long to import and much memory.
"""

import json
from collections.abc import Iterator

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from classifr.engine.backbones.backbone import Backbone
from classifr.engine.classifier import Classifier
from classifr.engine.functional import Float32Array, Int64Array
from classifr.engine.images.preprocessing import PREPROCESSING_VERSION
from classifr.engine.learning.head import HeadKind

OUTPUT = "probabilities"
#: Of every name that is added to the backbone's graph.
_PREFIX = "classifr_head_"
# Before it, ReduceSum takes its axes another way.
_LOWEST_OPSET = 13


class ExportImpossible(Exception):
    """The backbone's graph does not take the nodes of a head."""


def export_onnx(
    classifier: Classifier, backbone: Backbone, backbone_model: bytes, *, iteration: str
) -> bytes:
    """The whole way from pixels to calibrated probabilities; equal models give equal bytes.

    Input: (batch, size, size, 3) uint8, RGB, as `preprocess` gives it; output: (batch, tags)
    float32. Tags and origin are in its metadata. backbone_model: of the classifier's backbone,
    as `BackboneSession` takes it.
    Raises: ExportImpossible.
    """
    model = onnx.load_from_string(backbone_model)
    opset = max((entry.version for entry in model.opset_import if not entry.domain), default=0)
    if opset < _LOWEST_OPSET:
        raise ExportImpossible(f"{backbone.name} has opset {opset}; {_LOWEST_OPSET} is needed")
    graph = model.graph
    _keep_only(graph, backbone.embedding_output)
    for node in _head_nodes(classifier, backbone.embedding_output):
        graph.node.append(node)
    graph.initializer.extend(_constants(classifier))
    size = backbone.input_size
    shape: list[str | int | None] = ["batch", size, size, 3]
    image = helper.make_tensor_value_info(backbone.input_name, TensorProto.UINT8, shape)
    output = helper.make_tensor_value_info(
        OUTPUT, TensorProto.FLOAT, ["batch", len(classifier.tags)]
    )
    # What was inferred for the backbone alone no longer fits.
    del graph.input[:], graph.output[:], graph.value_info[:], model.metadata_props[:]
    graph.input.append(image)
    graph.output.append(output)
    graph.name = "classifr"
    model.producer_name = "classifr"
    helper.set_model_props(model, _metadata(classifier, backbone, iteration))
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


def _head_nodes(classifier: Classifier, embedding: str) -> Iterator[onnx.NodeProto]:
    """The features of `to_features`, the linear layer and the calibration."""
    steps = [
        ("Abs", [embedding], "magnitude"),
        ("Sqrt", ["magnitude"], "root"),
        ("Sign", [embedding], "sign"),
        ("Mul", ["sign", "root"], "rooted"),
        # The squared length of the rooted embedding is the sum of the magnitudes.
        ("ReduceSum", ["magnitude", "axes"], "squared_length"),
        ("Sqrt", ["squared_length"], "length"),
        ("Max", ["length", "smallest"], "divisor"),
        ("Div", ["rooted", "divisor"], "features"),
        ("Gemm", ["features", "weights", "bias"], "logits"),
        ("Div", ["logits", "temperature"], "calibrated"),
    ]
    for kind, inputs, output in steps:
        names = [name if name == embedding else _PREFIX + name for name in inputs]
        yield helper.make_node(kind, names, [_PREFIX + output])
    is_multiclass = classifier.head.kind is HeadKind.MULTICLASS
    yield (
        helper.make_node("Softmax", [f"{_PREFIX}calibrated"], [OUTPUT], axis=1)
        if is_multiclass
        else helper.make_node("Sigmoid", [f"{_PREFIX}calibrated"], [OUTPUT])
    )


def _constants(classifier: Classifier) -> list[onnx.TensorProto]:
    head = classifier.head
    values: dict[str, Float32Array | Int64Array] = {
        "weights": head.weights,
        "bias": head.bias,
        "temperature": np.array(head.temperature, np.float32),
        "axes": np.array([1], np.int64),
        "smallest": np.array(np.finfo(np.float32).tiny, np.float32),
    }
    return [numpy_helper.from_array(value, _PREFIX + name) for name, value in values.items()]


def _keep_only(graph: onnx.GraphProto, output: str) -> None:
    """Drop the nodes and constants that the output does not need, such as the logits."""
    needed, kept = {output}, []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(_inputs(node))
    constants = [constant for constant in graph.initializer if constant.name in needed]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(reversed(kept))
    graph.initializer.extend(constants)


def _inputs(node: onnx.NodeProto) -> Iterator[str]:
    """What a node reads, and what the branches within it read."""
    yield from node.input
    for attribute in node.attribute:
        for graph in (attribute.g, *attribute.graphs):
            for inner in graph.node:
                yield from _inputs(inner)


def _metadata(classifier: Classifier, backbone: Backbone, iteration: str) -> dict[str, str]:
    return {
        "tags": json.dumps(list(classifier.tags), ensure_ascii=False),
        "kind": str(classifier.head.kind),
        "iteration": iteration,
        "preprocessing": f"classifr {PREPROCESSING_VERSION}: squeezed to a square, bicubic, RGB",
        "backbone": backbone.name,
        "licence": backbone.licence,
        "revision": backbone.revision,
    }
