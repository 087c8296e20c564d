"""The application in Custom Vision's dialect, which the other one mounts."""

from uuid import uuid4

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from classifr.customvision import routes
from classifr.customvision.bodies import JsonBodies
from classifr.customvision.errors import add_error_handlers, error_response
from classifr.customvision.limits import ENVELOPE_BYTES, body_limits
from classifr.customvision.paths import ROOT
from classifr.kinds import Capability
from classifr.middleware import BodyLimit, CrashAnswer
from classifr.settings import Settings
from classifr.state import State

_PREFLIGHT_SECONDS = 3600


def mount_customvision(app: FastAPI, state: State) -> None:
    """Serve the dialect below ROOT, if the engine can."""
    if Capability.CUSTOM_VISION in state.vision.capabilities:
        dialect = create_dialect(state.settings)
        dialect.state.classifr = state
        app.mount(ROOT, dialect)


def create_dialect(settings: Settings) -> FastAPI:
    """The application. Its `state.classifr` is set by whoever mounts it."""
    dialect = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Old clients send JSON without saying so.
        strict_content_type=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    dialect.include_router(routes.training)
    dialect.include_router(routes.prediction)
    dialect.include_router(routes.files)
    add_error_handlers(dialect)
    dialect.add_middleware(JsonBodies)
    dialect.add_middleware(
        BodyLimit, default=ENVELOPE_BYTES, by_path=body_limits(settings), answer=error_response
    )
    dialect.add_middleware(CrashAnswer, answer=error_response)
    dialect.add_middleware(RequestIds)
    # Pages of anybody call the service. A key in a header admits; no cookie ever does.
    dialect.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["*"],
        max_age=_PREFLIGHT_SECONDS,
    )
    return dialect


class RequestIds:
    """Gives each answer the two headers by which the service's support finds a request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_ids(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers, request_id = MutableHeaders(scope=message), str(uuid4())
                headers["apim-request-id"] = request_id
                headers["Request-Id"] = request_id
            await send(message)

        await self._app(scope, receive, send_with_ids)
