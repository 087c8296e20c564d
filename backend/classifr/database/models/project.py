"""Projects: what a model is trained for."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, DateTime, Index, String, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from classifr.database.models.base import Base
from classifr.kinds import ClassificationType, ProjectStatus


class Project(Base):
    """A set of tags and the iterations that tell them apart."""

    __tablename__ = "projects"
    __table_args__ = (
        CheckConstraint(
            "classification_type in ('Multiclass', 'Multilabel')", name="classification_type"
        ),
        CheckConstraint("status in ('Succeeded', 'Importing', 'Failed')", name="status"),
        # A deleted project leaves its row to the predictions it made, and its name to others.
        Index(
            "projects_name_key", "name", unique=True, postgresql_where=text("deleted_at is null")
        ),
        Index(
            "projects_default_key", "is_default", unique=True, postgresql_where=text("is_default")
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(String(256))
    description: Mapped[str] = mapped_column(String(4096), default="")
    classification_type: Mapped[str] = mapped_column(
        String(10), default=ClassificationType.MULTICLASS
    )
    is_default: Mapped[bool] = mapped_column(default=False)
    """Its latest published iteration answers predictions that name no project."""
    domain_id: Mapped[UUID | None]
    """Custom Vision's domain, kept for its clients; the engine has one for everything."""
    settings: Mapped[dict[str, object]] = mapped_column(JSONB, default=dict)
    """What else Custom Vision's clients set on it, kept for them, by its names on the wire."""
    status: Mapped[str] = mapped_column(String(10), default=ProjectStatus.SUCCEEDED)
    copied_from: Mapped[UUID | None]
    """The project that it is a copy of; what is missing is copied while it is Importing."""
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), onupdate=func.now()
    )
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
