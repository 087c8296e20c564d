"""Why images, and tags for them, are refused: what both engines say alike."""

from collections.abc import Mapping

from classifr.errors import (
    ClassifrError,
    ImageFormatUnsupported,
    ImageTooLarge,
    ImageTooManyPixels,
    ImageUnreadable,
)
from classifr.vision.values import ImageStatus

#: What is wrong with an image's file, as the status of the image.
STATUS_OF_FAULT: Mapping[type[ClassifrError], ImageStatus] = {
    ImageTooLarge: ImageStatus.SIZE,
    ImageFormatUnsupported: ImageStatus.FORMAT,
    ImageUnreadable: ImageStatus.FORMAT,
    ImageTooManyPixels: ImageStatus.DIMENSIONS,
}

UNKNOWN_TAG = "A tag does not exist in this project. It may have been deleted."
ONE_TAG_ONLY = "An image of a Multiclass project has one tag. Choose one."
NEGATIVE_AND_REGULAR = "An image with the negative tag cannot have another tag as well."
