"""A trained model as it serves: tags, head and novelty; to bytes and back."""

import io
import zipfile
from dataclasses import dataclass

import numpy as np

from classifr.engine.functional import BoolArray, Float32Array, Float64Array
from classifr.engine.learning.features import to_features
from classifr.engine.learning.head import Head, HeadKind, probabilities
from classifr.engine.learning.novelty import Novelty, is_novel, novelty_scores

_FORMAT = 1


class ClassifierDamaged(Exception):
    """The bytes are no classifier that this version can read."""


@dataclass(frozen=True, eq=False)
class Classifier:
    """Everything between an embedding and an answer."""

    tags: tuple[str, ...]  #: In the order of the head's columns.
    backbone_key: str  #: Of the backbone that made the embeddings: `Backbone.key`.
    head: Head
    novelty: Novelty


@dataclass(frozen=True, eq=False)
class Answers:
    """What a classifier says about n images."""

    probabilities: Float64Array  #: (n, tags), in [0, 1].
    novelty_scores: Float64Array  #: (n,), in [0, 1).
    is_novel: BoolArray  #: (n,), "none of these".


def classify(classifier: Classifier, embeddings: Float32Array) -> Answers:
    """Answers for (n, dimension) float32 embeddings of the classifier's backbone."""
    features = to_features(embeddings)
    scores = novelty_scores(classifier.novelty, features)
    return Answers(probabilities(classifier.head, features), scores, is_novel(scores))


def classifier_to_bytes(classifier: Classifier) -> bytes:
    """An npz archive without pickles; equal classifiers give equal bytes."""
    head, novelty = classifier.head, classifier.novelty
    buffer = io.BytesIO()
    # numpy dates every member 1980-01-01, so the bytes depend on nothing else.
    np.savez(
        buffer,
        allow_pickle=False,
        format=np.int64(_FORMAT),
        tags=np.array(classifier.tags, np.str_),
        backbone_key=np.array(classifier.backbone_key, np.str_),
        kind=np.array(str(head.kind), np.str_),
        weights=np.ascontiguousarray(head.weights, np.float32),
        bias=np.ascontiguousarray(head.bias, np.float32),
        temperature=np.float64(head.temperature),
        centroids=np.ascontiguousarray(novelty.centroids, np.float32),
        threshold=np.float64(novelty.threshold),
    )
    return buffer.getvalue()


def classifier_from_bytes(data: bytes) -> Classifier:
    """The classifier that `classifier_to_bytes` wrote. Raises: ClassifierDamaged."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            if int(arrays["format"]) != _FORMAT:
                raise ClassifierDamaged(f"it has format {arrays['format']}, not {_FORMAT}")
            classifier = _from_arrays(arrays)
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise ClassifierDamaged(str(error)) from error
    dimension, tags = classifier.head.weights.shape
    if classifier.head.bias.shape != (tags,) or len(classifier.tags) != tags:
        raise ClassifierDamaged("its tags and its head do not fit together")
    if classifier.novelty.centroids.shape[1:] != (dimension,):
        raise ClassifierDamaged("its head and its centroids do not fit together")
    return classifier


def _from_arrays(arrays: "np.lib.npyio.NpzFile") -> Classifier:
    head = Head(
        kind=HeadKind(str(arrays["kind"])),
        weights=arrays["weights"],
        bias=arrays["bias"],
        temperature=float(arrays["temperature"]),
    )
    return Classifier(
        tags=tuple(arrays["tags"].tolist()),
        backbone_key=str(arrays["backbone_key"]),
        head=head,
        novelty=Novelty(arrays["centroids"], float(arrays["threshold"])),
    )
