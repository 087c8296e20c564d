"""Accounts."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, DateTime, Identity, Index, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from classifr.database.models.base import Base


class Role(StrEnum):
    """What an account may do."""

    USER = "user"  #: Classifies photos and judges the answers.
    ADMIN = "admin"  #: Also reviews wrong predictions and manages users.


class User(Base):
    """A person, or a program, that signs in with a password."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role in ('user', 'admin')", name="role"),
        # Names that differ only in case are one account.
        Index("users_username_lower_key", text("lower(username)"), unique=True),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    username: Mapped[str] = mapped_column(String(50))
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(10))
    is_disabled: Mapped[bool] = mapped_column(default=False)
    token_version: Mapped[int] = mapped_column(default=0)
    """Counted up to end every token of the account at once."""
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
