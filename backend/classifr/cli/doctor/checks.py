"""What `classifr doctor` looks at, from the machine to the accounts."""

import asyncio
import json
import platform
import re
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException

from sqlalchemy import text

from classifr.accounts import service as accounts
from classifr.accounts.secret import token_secret
from classifr.accounts.tokens import MIN_SECRET_BYTES
from classifr.cli.doctor.engines import check_custom_vision, check_model
from classifr.cli.doctor.report import Check, Report, Status
from classifr.cli.failures import CommandError, explain
from classifr.cli.serving.listening import listen
from classifr.cli.setup import quiet_settings
from classifr.cli.terminal import busy
from classifr.database import migrations
from classifr.database.embedded import prepare_data_dir
from classifr.database.opening import open_database
from classifr.database.session import Database, database_errors
from classifr.resources import resource_dir
from classifr.settings import Settings, VisionEngine
from classifr.storage.opening import open_storage, place_of_images

MIN_PYTHON = (3, 11)
#: A fresh database, the model file and a few hundred images.
MIN_FREE_BYTES = 300 * 1024**2
COMFORTABLE_FREE_BYTES = 2 * 1024**3
_VENDOR_FILE = re.compile(r"/vendor/([\w.-]+)")


def examine(*, host: str, port: int, as_json: bool, verbose: bool) -> int:
    """Make every check and print it; the exit code."""
    report = Report(as_json=as_json)
    try:
        settings = quiet_settings(verbose=verbose)
    except Exception as error:
        report.add(_failed("settings", error))
        return report.finish()
    report.add(Check("settings", Status.OK, "valid"))
    report.add(_made("Python", _check_python))
    report.add(_made("data folder", lambda: _check_data_dir(settings)))
    with busy("Trying the storage"):
        report.add(_made("images", lambda: asyncio.run(_check_storage(settings))))
    with busy("Starting the database"):
        for check in asyncio.run(_check_database(settings)):
            report.add(check)
    if settings.vision == VisionEngine.AZURE:
        with busy("Asking Custom Vision"):
            report.add(_made("Custom Vision", lambda: asyncio.run(check_custom_vision(settings))))
    else:
        with busy("Loading the model"):
            report.add(_made("model", lambda: asyncio.run(check_model(settings))))
    report.add(_made("page", _check_page))
    report.add(_made("token secret", lambda: _check_token_secret(settings)))
    report.add(_made("port", lambda: _check_port(host, port)))
    return report.finish()


def _made(name: str, make: Callable[[], Check]) -> Check:
    """A check; whatever it raises is its failure."""
    try:
        return make()
    except Exception as error:
        return _failed(name, error)


def _failed(name: str, error: Exception) -> Check:
    failure = explain(error)
    return Check(name, Status.FAIL, failure.reason, failure.hint)


def _check_python() -> Check:
    version = platform.python_version()
    if sys.version_info < MIN_PYTHON:
        return Check("Python", Status.FAIL, version, "Install Python 3.11 or newer.")
    return Check("Python", Status.OK, version)


def _check_data_dir(settings: Settings) -> Check:
    name, folder = "data folder", settings.data_dir.resolve()
    prepare_data_dir(folder)
    with tempfile.TemporaryFile(dir=folder):
        free = shutil.disk_usage(folder).free
    detail = f"{folder} is writable, {free / 1024**3:.1f} GB free"
    if free < MIN_FREE_BYTES:
        return Check(name, Status.FAIL, detail, "Make room, or set CLASSIFR_DATA_DIR elsewhere.")
    if free < COMFORTABLE_FREE_BYTES:
        return Check(name, Status.WARN, detail, "Make room before many images come.")
    return Check(name, Status.OK, detail)


async def _check_storage(settings: Settings) -> Check:
    """What is written is read, listed and deleted."""
    name, prefix = "images", "doctor/"
    key, data = f"{prefix}{secrets.token_hex(8)}", secrets.token_bytes(16)
    async with open_storage(settings) as storage:
        await storage.put(key, data)
        try:
            is_same = await storage.get(key) == data
            is_listed = key in [found.key async for found in storage.list(prefix)]
        finally:
            await storage.delete(key)
    where = place_of_images(settings)
    if not is_same or not is_listed:
        return Check(name, Status.FAIL, f"{where} does not give back what was written")
    return Check(name, Status.OK, f"kept in {where}")


async def _check_database(settings: Settings) -> list[Check]:
    """PostgreSQL, its schema, and whether an admin is in it; the first failure ends it."""
    checks: list[Check] = []
    name = "PostgreSQL"
    try:
        async with open_database(settings, migrate=False) as database:
            with database_errors():
                checks.append(await _check_postgres(settings, database))
                name = "migrations"
                checks.append(await _check_migrations(database))
                name = "admin"
                checks.append(await _check_admin(database))
    except Exception as error:
        checks.append(_failed(name, error))
    return checks


async def _check_postgres(settings: Settings, database: Database) -> Check:
    async with database.engine.connect() as connection:
        version = await connection.scalar(text("show server_version"))
    where = "embedded" if settings.database_url is None else "CLASSIFR_DATABASE_URL"
    return Check("PostgreSQL", Status.OK, f"{version} answers ({where})")


async def _check_migrations(database: Database) -> Check:
    revision = await migrations.current_revision(database.engine)
    newest = migrations.newest_revision()
    if revision == newest:
        return Check("migrations", Status.OK, f"the schema is current ({revision})")
    if revision is not None and not migrations.is_known(revision):
        return Check(
            "migrations",
            Status.FAIL,
            f"the schema {revision} is of a newer Classifr",
            "Install that version, or restore a backup of this one.",
        )
    return Check(
        "migrations",
        Status.WARN,
        f"the schema is {revision or 'not made yet'}, the newest is {newest}",
        "The next start of the server brings it up to date, or: classifr db upgrade",
    )


async def _check_admin(database: Database) -> Check:
    if await migrations.current_revision(database.engine) is None:
        return Check("admin", Status.OK, "made at the first start of the server")
    async with database.transaction() as session:
        if await accounts.has_active_admin(session):
            return Check("admin", Status.OK, "there is one")
        if not await accounts.list_users(session, after_id=0, limit=1):
            return Check("admin", Status.OK, "made at the first start of the server")
    return Check(
        "admin",
        Status.FAIL,
        "nobody can administer",
        "classifr user add NAME --role admin, or: classifr user enable NAME",
    )


def _check_page() -> Check:
    """Every file of vendor/ that the page names is there."""
    frontend = resource_dir("frontend")
    sources = [
        path
        for path in (frontend / "index.html", *frontend.glob("css/**/*"), *frontend.glob("js/**/*"))
        if path.suffix in (".html", ".css", ".js")
    ]
    named = {name for path in sources for name in _VENDOR_FILE.findall(path.read_text("utf-8"))}
    missing = sorted(name for name in named if not (frontend / "vendor" / name).is_file())
    if missing:
        return Check(
            "page",
            Status.FAIL,
            f"{', '.join(missing)} missing in {frontend / 'vendor'}",
            "Install again: make run in a checkout, pip install --force-reinstall classifr else.",
        )
    return Check("page", Status.OK, f"complete, with {len(named)} files of other projects")


def _check_token_secret(settings: Settings) -> Check:
    name, path = "token secret", settings.data_dir / "token-secret"
    if settings.accounts.token_secret is not None or settings.database_url is not None:
        token_secret(settings)
        return Check(name, Status.OK, "set and strong enough")
    if not path.exists():
        return Check(name, Status.OK, "made at the first start of the server")
    if len(path.read_bytes()) < MIN_SECRET_BYTES:
        return Check(
            name, Status.FAIL, f"{path} is too short", f"Delete {path}; a new one is made."
        )
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return Check(name, Status.FAIL, f"{path} is open to others", f"chmod 600 {path}")
    return Check(name, Status.OK, f"strong enough, in {path}")


def _check_port(host: str, port: int) -> Check:
    try:
        with listen(host, port):
            return Check("port", Status.OK, f"{port} of {host} is free")
    except CommandError:
        if not _is_classifr(host, port):
            raise
    return Check("port", Status.OK, f"Classifr runs on {port} of {host}")


def _is_classifr(host: str, port: int) -> bool:
    connection = HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/health/live")
        return bool(json.load(connection.getresponse()) == {"status": "ok"})
    except (OSError, HTTPException, ValueError):
        return False
    finally:
        connection.close()
