"""Backbones: what is known of each."""

from dataclasses import dataclass

from classifr.engine.images.preprocessing import PREPROCESSING_VERSION


@dataclass(frozen=True)
class Backbone:
    """A frozen network that turns an image into an embedding."""

    name: str
    input_size: int  #: Side of the square it is given, in pixels.
    mean: float | tuple[float, ...]  #: Subtracted from each 0..255 value, inside the graph.
    std: float | tuple[float, ...]  #: Divides what is left, inside the graph.
    input_name: str
    embedding_output: str
    logits_output: str | None  #: None: it has no classes of its own.
    dimension: int  #: Length of an embedding.
    licence: str
    revision: str  #: Weights and version of the graph; another one means building again.

    @property
    def key(self) -> str:
        """Names the embeddings: equal keys, equal embeddings of the same image."""
        return f"{self.name}:{self.revision}:{PREPROCESSING_VERSION}"


EFFICIENTNET_LITE0 = Backbone(
    name="efficientnet-lite0",
    input_size=320,
    mean=127.0,
    std=128.0,
    input_name="image",
    embedding_output="embedding",
    logits_output="logits",
    dimension=1280,
    licence="Apache-2.0",
    revision="57934424-1",
)
