"""The views of an image that a model may learn from. It answers from the plain one alone."""

from enum import StrEnum
from typing import TypeAlias

Box: TypeAlias = tuple[float, float, float, float]

# Of width and height.
_MIDDLE_SHARE = 0.8


class View(StrEnum):
    """How an image is looked at."""

    PLAIN = "plain"  #: The whole image, as it is.
    MIRRORED = "mirrored"  #: Left and right exchanged.
    MIDDLE = "middle"  #: Without its borders: the middle 80 % of width and height.


#: What there is to learn from beside the plain view; the most useful first.
MORE_VIEWS = (View.MIRRORED, View.MIDDLE)


def view_key(backbone_key: str, view: View) -> str:
    """Names the embeddings of one view: `Backbone.key`, and what is not plain says so."""
    return backbone_key if view is View.PLAIN else f"{backbone_key}:{view}"


def shown_share(view: View) -> float:
    """How much of each side of the image the view shows."""
    return _MIDDLE_SHARE if view is View.MIDDLE else 1.0


def shown_box(view: View, width: int, height: int) -> Box:
    """What the view shows of an image: left, top, right and bottom, in fractions of pixels."""
    border = (1 - shown_share(view)) / 2
    left, top = border * width, border * height
    return left, top, width - left, height - top
