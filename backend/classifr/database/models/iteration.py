"""Iterations: the models of a project."""

from datetime import datetime
from enum import StrEnum
from typing import TypedDict
from uuid import UUID, uuid4

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from classifr.database.models.base import Base


class IterationStatus(StrEnum):
    """How far an iteration is."""

    QUEUED = "queued"  #: Waits for a worker.
    TRAINING = "training"  #: A worker is at it.
    COMPLETED = "completed"  #: It can be published.
    FAILED = "failed"  #: `error` says why.
    CANCELLED = "cancelled"  #: Somebody stopped it.


#: Those that a worker is at, or will be.
IN_PROGRESS = (IterationStatus.QUEUED, IterationStatus.TRAINING)


class TrainingStage(StrEnum):
    """What a worker does for an iteration now."""

    EMBEDDING = "embedding"  #: The backbone looks at the images that are new to it.
    FITTING = "fitting"  #: The head is fitted and calibrated.
    EVALUATING = "evaluating"  #: The held-out images are scored.
    STORING = "storing"  #: The model is written.


class TrainingType(StrEnum):
    """How much is spent on an iteration. The words are Custom Vision's."""

    REGULAR = "Regular"  #: Seconds to minutes.
    ADVANCED = "Advanced"  #: More views of each image, within a budget.


class IterationTag(TypedDict):
    """One output of a model, in its own order."""

    id: str
    name: str
    type: str


class Iteration(Base):
    """One model of a project; it answers while it is published."""

    __tablename__ = "iterations"
    __table_args__ = (
        CheckConstraint(
            "status in ('queued', 'training', 'completed', 'failed', 'cancelled')", name="status"
        ),
        UniqueConstraint("project_id", "published_name"),
        UniqueConstraint("project_id", "number"),
        # Two admins who press Train at once get one training.
        Index(
            "iterations_in_progress_key",
            "project_id",
            unique=True,
            postgresql_where=text("status in ('queued', 'training')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    number: Mapped[int]
    """1, 2, 3 ... within the project; never given twice."""
    name: Mapped[str] = mapped_column(String(256))
    status: Mapped[str] = mapped_column(String(10), default=IterationStatus.QUEUED)
    training_type: Mapped[str] = mapped_column(String(10), default=TrainingType.REGULAR)
    budget_hours: Mapped[int | None]
    """What an Advanced training may take."""
    stage: Mapped[str | None] = mapped_column(String(12))
    progress: Mapped[float] = mapped_column(default=0.0)
    """In [0, 1], of the whole training."""
    seconds_left: Mapped[float | None]
    is_cancel_requested: Mapped[bool] = mapped_column(default=False)
    error: Mapped[str | None] = mapped_column(String(1024))
    """Why it failed and what to do, in a sentence."""
    tags: Mapped[list[IterationTag]] = mapped_column(JSONB, default=list)
    image_count: Mapped[int] = mapped_column(default=0)
    backbone: Mapped[str | None] = mapped_column(String(200))
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of the images, tags and options it learned from: the same ones need no training."""
    summary: Mapped[dict[str, float | None] | None] = mapped_column(JSONB)
    """Metrics at a threshold of 0.5 on the held-out images, for lists."""
    published_name: Mapped[str | None] = mapped_column(String(256))
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    trained_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """Its files are gone; the row stays for the predictions it made."""
