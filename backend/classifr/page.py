"""The page's files, and nothing else of their folder."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from classifr.resources import resource_dir

_FOLDERS = ("css", "js", "vendor")


def add_page(app: FastAPI) -> None:
    """Serve the page at `/` and its files beside it."""
    frontend = resource_dir("frontend")

    async def index(_: Request) -> FileResponse:
        return FileResponse(frontend / "index.html")

    async def favicon(_: Request) -> FileResponse:
        return FileResponse(frontend / "favicon.svg")

    app.router.routes += [Route("/", index), Route("/favicon.svg", favicon)]
    for folder in _FOLDERS:
        app.mount(f"/{folder}", StaticFiles(directory=frontend / folder))
