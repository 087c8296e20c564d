"""Where the files of an iteration lie in the storage."""

from uuid import UUID


def model_key(iteration_id: UUID) -> str:
    """What answers: an engine `Classifier`."""
    return f"iterations/{iteration_id}/model.npz"


def evaluation_key(iteration_id: UUID) -> str:
    """How it did on the held-out images, and the head that was judged."""
    return f"iterations/{iteration_id}/evaluation.npz"
