"""Embeddings: what a backbone made of an image file, kept so that it is computed once."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from classifr.database.models.base import Base


class Embedding(Base):
    """One view of one image file as one backbone sees it, whichever projects the file is in."""

    __tablename__ = "embeddings"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Of the image file."""
    backbone: Mapped[str] = mapped_column(String(200), primary_key=True)
    """The backbone's key: its name, weights and preprocessing; then the view, if not the plain."""
    vector: Mapped[bytes]
    """(dimension,) float32, little-endian."""
