"""Training images: what a project learns from, and their tags."""

import secrets
import time
from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, String, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from classifr.database.models.base import Base


def new_image_id() -> UUID:
    """An id that sorts after those given before it: by its order, images are listed.

    Source: RFC 9562, section 5.7 (UUID version 7), nanoseconds in the place of `rand_a`.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = rest * 4096 // 1_000_000
    value = milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | secrets.randbits(62)
    return UUID(int=value)


class TrainingImage(Base):
    """One image of a project; the same file is there only once."""

    __tablename__ = "training_images"
    __table_args__ = (
        UniqueConstraint("project_id", "sha256"),
        Index("training_images_project_id_id_idx", "project_id", "id"),
        # Counting those without a tag by looking at every image took a tenth of a second.
        Index(
            "training_images_untagged_idx",
            "project_id",
            "id",
            postgresql_where=text("is_untagged"),
        ),
        Index("training_images_sha256_idx", "sha256"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_image_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    sha256: Mapped[str] = mapped_column(String(64))
    image_key: Mapped[str] = mapped_column(String(250))
    """Where the file lies, as it came."""
    name: Mapped[str] = mapped_column(String(256), default="")
    """The file's name when it was added, to show to people; never a path of ours."""
    width: Mapped[int]
    """In pixels, once upright; so is `height`."""
    height: Mapped[int]
    format: Mapped[str] = mapped_column(String(10))
    size_bytes: Mapped[int]
    is_untagged: Mapped[bool] = mapped_column(default=True)
    """Whether no row of `image_tags` names it. Whoever changes those keeps this true."""
    details: Mapped[dict[str, str]] = mapped_column("metadata", JSONB, default=dict)
    """What clients noted of it: Custom Vision's metadata."""
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ImageTag(Base):
    """One tag of one image."""

    __tablename__ = "image_tags"
    __table_args__ = (Index("image_tags_tag_id_image_id_idx", "tag_id", "image_id"),)

    image_id: Mapped[UUID] = mapped_column(
        ForeignKey("training_images.id", ondelete="CASCADE"), primary_key=True
    )
    tag_id: Mapped[UUID] = mapped_column(
        ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True
    )
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
