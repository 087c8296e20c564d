"""Iterations: the models of a project."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID, uuid4

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from classifr.database.models.base import Base
from classifr.kinds import IterationStatus, TrainingType


class IterationTag(TypedDict):
    """One output of a model, in its own order."""

    id: str
    name: str
    type: str


class IterationExport(TypedDict):
    """An export that was asked for; the file is made when it is fetched."""

    platform: str
    flavor: str | None


class Iteration(Base):
    """One model of a project; it answers while it is published."""

    __tablename__ = "iterations"
    # What the database sets on an update comes back with it.
    __mapper_args__ = {"eager_defaults": True}
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
    selected_tag_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    """The tags it is trained on; None: all of its project."""
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
    publish_resource_id: Mapped[str | None] = mapped_column(String(512))
    """The prediction resource that a client named when it published, kept for it."""
    exports: Mapped[list[IterationExport]] = mapped_column(JSONB, default=list)
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), onupdate=func.now()
    )
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    trained_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """Its files are gone; the row stays for the predictions it made."""
