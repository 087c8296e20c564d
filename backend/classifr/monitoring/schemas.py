"""What the monitoring routes give."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from classifr.kinds import Capability
from classifr.settings import VisionEngine


class DayVerdicts(BaseModel):
    """Verdicts given on one day (UTC)."""

    day: date
    ok: int
    nok: int


class TagVerdicts(BaseModel):
    """Verdicts on one predicted tag."""

    tag: str
    ok: int
    nok: int
    ok_rate: float


class VerdictsRead(BaseModel):
    """What people said of the predictions."""

    since: date
    ok: int
    nok: int
    unjudged: int = Field(description="Predictions of the period without a verdict.")
    ok_rate: float | None = Field(description="OK / (OK + NOK); null without any verdict.")
    per_day: list[DayVerdicts] = Field(description="Every day of the period, oldest first.")
    per_tag: list[TagVerdicts] = Field(description="Most judged first, 50 at most.")


class EngineRead(BaseModel):
    """What classifies and learns."""

    name: VisionEngine
    capabilities: list[Capability] = Field(description="What not every engine can do.")


class LiveRead(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class ReadyRead(BaseModel):
    """Whether the process can classify and record now."""

    status: Literal["ok", "starting", "unavailable"]
    model: bool = Field(description="The model is loaded.")
    database: bool = Field(description="The database answers.")
