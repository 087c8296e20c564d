"""How large a request may be."""

from classifr.customvision.paths import PREDICTION, ROOT, TRAINING
from classifr.settings import Settings

#: What a form or a JSON object may weigh beside the images in it.
ENVELOPE_BYTES = 64 * 1024

# Of 64 addresses or ids, each with its tags.
_BATCH_BYTES = 1024 * 1024
_PROJECT = f"{ROOT}{TRAINING}/projects/[^/]+"
_PUBLISHED = f"{ROOT}{PREDICTION}/[^/]+/[^/]+/iterations/[^/]+"


def body_limits(settings: Settings) -> dict[str, int]:
    """The most bytes that the body of a request may have, by a pattern of its whole path."""
    image, training = settings.upload.max_bytes, settings.training
    a_training_image = training.max_image_bytes + ENVELOPE_BYTES
    return {
        f"{_PUBLISHED}/image(/nostore)?": image + ENVELOPE_BYTES,
        f"{_PROJECT}/images": a_training_image * training.max_batch_images,
        # In base64, which takes four bytes for three.
        f"{_PROJECT}/images/files": a_training_image * 4 // 3 * training.max_batch_images,
        f"{_PROJECT}/images/(urls|predictions|tags)": _BATCH_BYTES,
        f"{_PROJECT}/quicktest/image": a_training_image,
    }
