"""EfficientNet-Lite0 as an ONNX graph, written from its published architecture.

Import this only to build: `onnx` takes long to import and much memory.
Source: Tan & Le (2019), EfficientNet; the Lite variants drop squeeze-and-excitation and use ReLU6.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from classifr.engine.backbones.backbone import Backbone
from classifr.engine.backbones.torch_weights import StateDict
from classifr.engine.functional import Float32Array

_BATCH_NORM_EPSILON = 1e-3
_OPSET = 17
_IR_VERSION = 8


@dataclass(frozen=True)
class _Stage:
    """A row of inverted-residual blocks; only the first has the stride."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels_out: int


_STAGES = (
    _Stage(1, 3, 1, 1, 16),
    _Stage(2, 3, 2, 6, 24),
    _Stage(2, 5, 2, 6, 40),
    _Stage(3, 3, 2, 6, 80),
    _Stage(3, 5, 1, 6, 112),
    _Stage(4, 5, 2, 6, 192),
    _Stage(1, 3, 1, 6, 320),
)
_STEM_CHANNELS = 32


def build_efficientnet_lite0(weights: StateDict, backbone: Backbone) -> bytes:
    """The serialised graph: `image` (N, H, W, 3) uint8 to the backbone's two outputs, float32.

    Height and width are free. Batch normalisation is folded into the convolutions.
    """
    graph = _Graph(weights)
    x = graph.normalise(backbone)
    x = graph.conv(x, "_conv_stem", "_bn0", stride=2)
    x = _add_blocks(graph, x)
    x = graph.conv(x, "_conv_head", "_bn1")
    x = graph.add("GlobalAveragePool", [x])
    graph.add("Flatten", [x], output=backbone.embedding_output)
    if backbone.logits_output:
        graph.linear(backbone.embedding_output, "_fc", output=backbone.logits_output)
    return graph.serialise(backbone)


def _add_blocks(graph: "_Graph", x: str) -> str:
    channels, index = _STEM_CHANNELS, 0
    for stage in _STAGES:
        for repeat in range(stage.repeats):
            stride = stage.stride if repeat == 0 else 1
            has_skip = stride == 1 and channels == stage.channels_out
            y = _add_block(graph, x, f"_blocks.{index}", stage, stride)
            x = graph.add("Add", [y, x]) if has_skip else y
            channels, index = stage.channels_out, index + 1
    return x


def _add_block(graph: "_Graph", x: str, name: str, stage: _Stage, stride: int) -> str:
    if stage.expansion > 1:
        x = graph.conv(x, f"{name}._expand_conv", f"{name}._bn0")
    x = graph.conv(x, f"{name}._depthwise_conv", f"{name}._bn1", stride=stride, is_depthwise=True)
    return graph.conv(x, f"{name}._project_conv", f"{name}._bn2", is_clipped=False)


@dataclass
class _Graph:
    """Collects nodes; each method adds some and gives the name of their output."""

    weights: StateDict
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: dict[str, onnx.TensorProto] = field(default_factory=dict)

    def add(
        self, kind: str, inputs: list[str], *, output: str | None = None, **attributes: Any
    ) -> str:
        output = output or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(self, name: str, value: NDArray[np.generic] | float) -> str:
        self.constants[name] = numpy_helper.from_array(np.asarray(value, np.float32), name)
        return name

    def normalise(self, backbone: Backbone) -> str:
        # (N, H, W, C) -> (N, C, H, W), while a pixel is still one byte.
        x = self.add("Transpose", [backbone.input_name], perm=[0, 3, 1, 2])
        x = self.add("Cast", [x], to=TensorProto.FLOAT)
        x = self.add("Sub", [x, self.constant("mean", np.array(backbone.mean))])
        return self.add("Div", [x, self.constant("std", np.array(backbone.std))])

    def conv(
        self,
        x: str,
        name: str,
        batch_norm: str,
        *,
        stride: int = 1,
        is_depthwise: bool = False,
        is_clipped: bool = True,
    ) -> str:
        kernel, bias = self._folded(name, batch_norm)
        x = self.add(
            "Conv",
            [x, self.constant(f"{name}.weight", kernel), self.constant(f"{name}.bias", bias)],
            kernel_shape=kernel.shape[2:],
            strides=[stride, stride],
            group=kernel.shape[0] if is_depthwise else 1,
            auto_pad="SAME_UPPER",
        )
        if not is_clipped:
            return x
        return self.add("Clip", [x, self.constant("zero", 0.0), self.constant("six", 6.0)])

    def linear(self, x: str, name: str, *, output: str) -> str:
        weight = self.constant(f"{name}.weight", self.weights[f"{name}.weight"])
        bias = self.constant(f"{name}.bias", self.weights[f"{name}.bias"])
        return self.add("Gemm", [x, weight, bias], output=output, transB=1)

    def serialise(self, backbone: Backbone) -> bytes:
        image = helper.make_tensor_value_info(
            backbone.input_name, TensorProto.UINT8, ["n", "height", "width", 3]
        )
        classes = len(self.weights["_fc.bias"])
        outputs = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", length])
            for name, length in (
                (backbone.embedding_output, backbone.dimension),
                (backbone.logits_output, classes),
            )
            if name
        ]
        constants = list(self.constants.values())
        graph = helper.make_graph(self.nodes, backbone.name, [image], outputs, constants)
        model = helper.make_model(
            graph,
            producer_name="classifr",
            ir_version=_IR_VERSION,
            opset_imports=[helper.make_opsetid("", _OPSET)],
        )
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString())

    def _folded(self, name: str, batch_norm: str) -> tuple[Float32Array, Float32Array]:
        """Kernel and bias that do the work of the convolution and its batch normalisation."""
        gamma, beta, mean, variance = (
            self.weights[f"{batch_norm}.{part}"].astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = gamma / np.sqrt(variance + _BATCH_NORM_EPSILON)
        # (out, in, h, w) times one factor per output channel.
        kernel = self.weights[f"{name}.weight"] * scale[:, None, None, None]
        return kernel.astype(np.float32), (beta - mean * scale).astype(np.float32)
