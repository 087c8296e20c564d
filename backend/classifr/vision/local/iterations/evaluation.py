"""How an iteration did on its held-out images: a file from which every report is made."""

import io
import zipfile
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from classifr.engine.functional import BoolArray, Float64Array
from classifr.engine.learning.head import Head, HeadKind

_FORMAT = 1


class EvaluationDamaged(Exception):
    """The bytes are no evaluation that this version can read."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The held-out images, what they show, and what the head said that never saw them."""

    image_ids: list[UUID]
    sha256s: list[str]
    tag_ids: list[UUID]  #: In the order of the outputs.
    labels: BoolArray  #: (images, tags)
    probabilities: Float64Array  #: (images, tags), by `head`.
    head: Head  #: The one that was judged; it never saw these images.


def evaluation_to_bytes(evaluation: Evaluation) -> bytes:
    """An npz archive without pickles; equal evaluations give equal bytes."""
    buffer = io.BytesIO()
    head = evaluation.head
    np.savez(
        buffer,
        allow_pickle=False,
        format=np.int64(_FORMAT),
        image_ids=_ids_to_array(evaluation.image_ids),
        sha256s=np.array(evaluation.sha256s, "S64"),
        tag_ids=_ids_to_array(evaluation.tag_ids),
        labels=evaluation.labels,
        probabilities=np.ascontiguousarray(evaluation.probabilities, np.float64),
        kind=np.array(str(head.kind), np.str_),
        weights=np.ascontiguousarray(head.weights, np.float32),
        bias=np.ascontiguousarray(head.bias, np.float32),
        temperature=np.float64(head.temperature),
    )
    return buffer.getvalue()


def evaluation_from_bytes(data: bytes) -> Evaluation:
    """The evaluation that `evaluation_to_bytes` wrote. Raises: EvaluationDamaged."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            if int(arrays["format"]) != _FORMAT:
                raise EvaluationDamaged(f"it has format {arrays['format']}, not {_FORMAT}")
            return Evaluation(
                image_ids=_array_to_ids(arrays["image_ids"]),
                sha256s=[sha256.decode() for sha256 in arrays["sha256s"].tolist()],
                tag_ids=_array_to_ids(arrays["tag_ids"]),
                labels=arrays["labels"],
                probabilities=arrays["probabilities"],
                head=Head(
                    kind=HeadKind(str(arrays["kind"])),
                    weights=arrays["weights"],
                    bias=arrays["bias"],
                    temperature=float(arrays["temperature"]),
                ),
            )
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise EvaluationDamaged(str(error)) from error


def _ids_to_array(ids: list[UUID]) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    joined = b"".join(one.bytes for one in ids)
    return np.frombuffer(joined, np.uint8).reshape(len(ids), 16)


def _array_to_ids(array: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> list[UUID]:
    return [UUID(bytes=row.tobytes()) for row in array]
