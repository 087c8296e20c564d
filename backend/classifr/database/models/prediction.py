"""Predictions: what was answered for an image, and what the person said of it."""

from datetime import datetime
from enum import StrEnum
from typing import TypedDict
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


class Prediction(Base):
    """One classified image; its likeliest tags, its owner and, once given, the verdict."""

    __tablename__ = "predictions"
    __table_args__ = (
        CheckConstraint("verdict in ('ok', 'nok')", name="verdict"),
        # The sweep looks for images that still wait for a verdict.
        Index(
            "predictions_pending_idx",
            "created_at",
            postgresql_where=text("image_key is not null and verdict is null"),
        ),
        Index("predictions_created_at_idx", "created_at"),
        Index("predictions_verdict_at_idx", "verdict_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    iteration_id: Mapped[UUID] = mapped_column(ForeignKey("iterations.id"))
    tag: Mapped[str] = mapped_column(String(128))
    probability: Mapped[float]
    top: Mapped[list[StoredTag]] = mapped_column(JSONB)
    """The five likeliest tags, likeliest first."""
    image_sha256: Mapped[str] = mapped_column(String(64))
    image_key: Mapped[str | None] = mapped_column(String(250))
    """Where the image lies while it waits for its verdict."""
    verdict: Mapped[str | None] = mapped_column(String(3))
    verdict_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    correct_tag: Mapped[str | None] = mapped_column(String(128))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
