"""Where the files of an iteration lie in the storage."""

from uuid import UUID

from classifr.vision.values import as_id

#: Where all of them lie.
FOLDER = "iterations"


def model_key(iteration_id: UUID) -> str:
    """What answers: an engine `Classifier`."""
    return f"{FOLDER}/{iteration_id}/model.npz"


def evaluation_key(iteration_id: UUID) -> str:
    """How it did on the held-out images, and the head that was judged."""
    return f"{FOLDER}/{iteration_id}/evaluation.npz"


def file_keys(iteration_id: UUID) -> tuple[str, str]:
    """Every file of an iteration."""
    return model_key(iteration_id), evaluation_key(iteration_id)


def iteration_of(key: str) -> UUID | None:
    """Whose file it is; None if it is none of an iteration."""
    _, _, rest = key.partition(f"{FOLDER}/")
    return as_id(rest.partition("/")[0])
