"""Verdict counts for admins; health for whoever runs the service."""

from typing import Annotated

from fastapi import APIRouter, Query, Response, status

from classifr.accounts.dependencies import AdminUser, Anyone, AnyUser
from classifr.dependencies import SessionDep, SettingsDep, StateDep, VisionDep
from classifr.errors import Unprocessable
from classifr.monitoring import service
from classifr.monitoring.schemas import EngineRead, LiveRead, ReadyRead, VerdictsRead
from classifr.openapi import ADMIN_ERRORS, SIGNED_IN_ERRORS, error_responses

verdicts = APIRouter(
    prefix="/admin/monitoring",
    tags=["monitoring (admin)"],
    responses=error_responses(*ADMIN_ERRORS),
)
engine = APIRouter(tags=["engine"], responses=error_responses(*SIGNED_IN_ERRORS))
health = APIRouter(prefix="/health", tags=["health"])


@verdicts.get("/verdicts", summary="Count the verdicts", responses=error_responses(Unprocessable))
async def read_verdicts(
    session: SessionDep, _: AdminUser, days: Annotated[int, Query(ge=1, le=365)] = 30
) -> VerdictsRead:
    """OK and NOK, overall, per day and per predicted tag."""
    return await service.count_verdicts(session, days=days)


@engine.get("/engine", summary="Read what the engine can do")
async def read_engine(vision: VisionDep, settings: SettingsDep, _: AnyUser) -> EngineRead:
    """Pages and programs leave out what it cannot."""
    return EngineRead(name=settings.vision, capabilities=sorted(vision.capabilities))


@health.get("/live", summary="Is the process alive", dependencies=[Anyone])
async def read_live() -> LiveRead:
    """Always answers while the process runs."""
    return LiveRead()


@health.get(
    "/ready",
    summary="Can it serve",
    dependencies=[Anyone],
    responses={503: {"model": ReadyRead, "description": "Not yet, or not now."}},
)
async def read_ready(state: StateDep, response: Response) -> ReadyRead:
    """200 once the model is loaded and the database answers, else 503."""
    ready = await service.check_ready(state)
    if ready.status != "ok":
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return ready
