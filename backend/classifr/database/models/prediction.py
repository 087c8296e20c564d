"""Predictions: what was answered for an image, and what the person said of it."""

from datetime import datetime
from enum import StrEnum
from typing import NotRequired, TypedDict
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, String, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from classifr.database.models.base import Base


class Verdict(StrEnum):
    """What the person said of a prediction."""

    OK = "ok"  #: The likeliest tag was right.
    NOK = "nok"  #: It was not: the image is kept for review.


class StoredTag(TypedDict):
    """One entry of the stored top of a prediction."""

    tag: str
    probability: float
    tag_id: NotRequired[str]
    """Of a project's tag; the built-in ones have no id, and no type."""
    tag_type: NotRequired[str]


class Prediction(Base):
    """One classified image; its likeliest tags, its owner and, once given, the verdict."""

    __tablename__ = "predictions"
    __table_args__ = (
        CheckConstraint("verdict in ('ok', 'nok')", name="verdict"),
        # The sweep looks for images that still wait for a verdict.
        Index(
            "predictions_pending_idx",
            "created_at",
            postgresql_where=text(
                "image_key is not null and verdict is null and kept_until is null"
            ),
        ),
        # Another one looks for those that were kept for long enough.
        Index(
            "predictions_kept_until_idx",
            "kept_until",
            postgresql_where=text("kept_until is not null"),
        ),
        # Custom Vision's clients look through the predictions of a project.
        Index(
            "predictions_kept_idx",
            "project_id",
            "created_at",
            "id",
            postgresql_where=text("kept_until is not null"),
        ),
        Index("predictions_created_at_idx", "created_at"),
        Index("predictions_verdict_at_idx", "verdict_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    project_id: Mapped[UUID]
    """Of another engine, maybe, so that no table of ours has to have it; so is `iteration_id`."""
    iteration_id: Mapped[UUID]
    project: Mapped[str] = mapped_column(String(256))
    """Its name when it answered; so is `iteration`."""
    iteration: Mapped[str] = mapped_column(String(256))
    tag: Mapped[str] = mapped_column(String(128))
    probability: Mapped[float]
    top: Mapped[list[StoredTag]] = mapped_column(JSONB)
    """The five likeliest tags, likeliest first; all of them if `kept_until` says a time."""
    image_sha256: Mapped[str] = mapped_column(String(64))
    image_key: Mapped[str | None] = mapped_column(String(250))
    """Where the image lies while it waits for its verdict."""
    kept_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """Until when Custom Vision's clients find it with its image; None: they never do."""
    application: Mapped[str | None] = mapped_column(String(256))
    """What such a client called itself."""
    verdict: Mapped[str | None] = mapped_column(String(3))
    verdict_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    correct_tag: Mapped[str | None] = mapped_column(String(128))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
