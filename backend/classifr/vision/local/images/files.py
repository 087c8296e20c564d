"""Where the files of training images lie in the storage."""

from uuid import UUID

from classifr.vision.values import as_id

#: Where all of them lie.
FOLDER = "training"


def image_key(project_id: UUID, image_id: UUID) -> str:
    """The file of an image, as it came."""
    return f"{FOLDER}/{project_id}/{image_id}"


def image_of(key: str) -> UUID | None:
    """Whose file it is; None if it is none of an image."""
    return as_id(key.rpartition("/")[2])
