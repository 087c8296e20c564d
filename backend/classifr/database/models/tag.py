"""Tags: what an image of a project can show."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from classifr.database.models.base import Base
from classifr.kinds import TagType


class Tag(Base):
    """One tag of a project."""

    __tablename__ = "tags"
    __table_args__ = (
        CheckConstraint("type in ('Regular', 'Negative')", name="type"),
        Index("tags_project_id_name_key", "project_id", "name", unique=True),
        Index(
            "tags_negative_key",
            "project_id",
            unique=True,
            postgresql_where=text("type = 'Negative'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(128))
    description: Mapped[str] = mapped_column(String(4096), default="")
    type: Mapped[str] = mapped_column(String(10), default=TagType.REGULAR)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
