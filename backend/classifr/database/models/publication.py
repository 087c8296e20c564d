"""Publications: which iteration answered under which name, and when."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Identity, Index, String, func
from sqlalchemy.orm import Mapped, mapped_column

from classifr.database.models.base import Base


class Publication(Base):
    """One time that an iteration was published; rolling back looks here for the one before."""

    __tablename__ = "publications"
    __table_args__ = (
        Index(
            "publications_project_id_name_published_at_idx", "project_id", "name", "published_at"
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    iteration_id: Mapped[UUID] = mapped_column(ForeignKey("iterations.id"))
    name: Mapped[str] = mapped_column(String(256))
    username: Mapped[str] = mapped_column(String(50))
    """Who published it."""
    published_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    unpublished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
