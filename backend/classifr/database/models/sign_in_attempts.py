"""Failed sign-ins, counted where every API process sees them."""

from datetime import datetime

from sqlalchemy import DateTime, String
from sqlalchemy.orm import Mapped, mapped_column

from classifr.database.models.base import Base


class SignInAttempts(Base):
    """The attempts of one account, or from one address, in the running time window."""

    __tablename__ = "sign_in_attempts"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    """`account:` or `address:` and a SHA-256, so that typed names and addresses are not kept."""
    attempts: Mapped[int]
    window_started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
