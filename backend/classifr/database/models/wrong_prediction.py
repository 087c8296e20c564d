"""Wrong predictions: the images people answered NOK to, waiting for an admin's review."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Identity, Index, String, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from classifr.database.models.base import Base
from classifr.database.models.prediction import Prediction


class WrongPrediction(Base):
    """An image with the tag it wrongly got. Deleted, with its image, once analysed.

    Tag, probability and username are those of the prediction, kept here too so that the
    list filters and pages on one table.
    """

    __tablename__ = "wrong_predictions"
    __table_args__ = (
        Index("wrong_predictions_tag_created_at_id_idx", "tag", "created_at", "id"),
        Index("wrong_predictions_username_created_at_id_idx", "username", "created_at", "id"),
        Index("wrong_predictions_created_at_id_idx", "created_at", "id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    prediction_id: Mapped[UUID] = mapped_column(ForeignKey("predictions.id"), unique=True)
    image_key: Mapped[str] = mapped_column(String(250))
    tag: Mapped[str] = mapped_column(String(128))
    probability: Mapped[float]
    username: Mapped[str] = mapped_column(String(50))
    correct_tag: Mapped[str | None] = mapped_column(String(128))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    prediction: Mapped[Prediction] = relationship(lazy="raise")
