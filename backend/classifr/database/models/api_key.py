"""API keys: how programs sign in."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import DateTime, ForeignKey, Identity, String, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from classifr.database.models.base import Base


class Scope(StrEnum):
    """What a key may do."""

    PREDICT = "predict"  #: Classify images and judge the answers.
    TRAIN = "train"  #: Manage projects, tags, images and iterations.


class ApiKey(Base):
    """A key that acts for the account which made it, within its scopes. Only its hash is kept."""

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(100))
    prefix: Mapped[str] = mapped_column(String(12))
    """The first characters, by which people tell keys apart."""
    key_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String(10)))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
