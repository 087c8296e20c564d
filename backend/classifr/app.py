"""The web application: `create_app()` for uvicorn, and what lives as long as the process."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI
from starlette.types import Lifespan

from classifr import __version__
from classifr.api import include_routers
from classifr.customvision.app import mount_customvision
from classifr.customvision.paths import CustomVisionPaths
from classifr.error_handlers import add_error_handlers
from classifr.errors import ClassifrError
from classifr.logs import configure_logs
from classifr.middleware import add_middleware
from classifr.openapi import DocumentedApp, operation_id
from classifr.page import add_page
from classifr.resources import command_name
from classifr.settings import Settings
from classifr.state import State, open_state
from classifr.upkeep import keep_tidy

logger = structlog.get_logger()

DESCRIPTION = """\
Classify a photo, say whether the answer was right, review what was not.

Sign in at `POST /auth/token`, then send `Authorization: Bearer <token>`. Errors are
`{"error": code, "detail": sentence}`; lists are `{"items": [...], "next": cursor or null}`.
"""


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application. settings: read from the environment if absent."""
    settings = settings or Settings()
    configure_logs(settings)
    app = DocumentedApp(
        title="Classifr",
        version=__version__,
        description=DESCRIPTION,
        lifespan=_lifespan(settings),
        docs_url=None,
        redoc_url=None,
        # A redirect to the address without its slash would go wherever the Host header says.
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
        # Nothing here collects them, and they cost every request.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    include_routers(app)
    add_error_handlers(app)
    app.add_middleware(CustomVisionPaths)
    add_middleware(app, settings)
    add_page(app)
    return app


def _lifespan(settings: Settings) -> Lifespan[FastAPI]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_state(settings) as state:
            app.state.classifr = state
            mount_customvision(app, state)
            _show_first_password(state)
            background = [
                asyncio.create_task(_open_model(state)),
                asyncio.create_task(keep_tidy(state)),
            ]
            try:
                yield
            finally:
                for task in background:
                    task.cancel()
                await asyncio.gather(*background, return_exceptions=True)

    return lifespan


async def _open_model(state: State) -> None:
    """Load the model while the process already answers `/health`."""
    try:
        await state.vision.open()
    except (ClassifrError, OSError) as error:
        state.start_failed = True
        logger.error("model_failed_to_load", reason=str(error))
    except Exception:
        state.start_failed = True
        logger.exception("model_failed_to_load")
    else:
        # What is loaded now stays for good: the collector need not walk it again and again.
        gc.collect()
        gc.freeze()
        logger.info("ready")


def _show_first_password(state: State) -> None:
    """Print the first admin's password for the person at the terminal; it goes to no log."""
    if state.first_admin_password is not None:
        sys.stdout.write(
            "\n  First start: sign in as  admin\n"
            f"           with password  {state.first_admin_password}\n"
            f"  It is not shown again. Forgotten? {command_name()} user passwd admin\n\n"
        )
        sys.stdout.flush()
