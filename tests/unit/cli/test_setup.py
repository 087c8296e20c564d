"""Settings that are wrong are named as people set them."""

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from classifr.cli.administration.backups import libpq_environment
from classifr.cli.setup import load_settings
from classifr.errors import SettingsInvalid


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLASSIFR_UPLOAD__MAX_BYTES", "lots"),
        ("CLASSIFR_WORKERS", "0"),
        ("CLASSIFR_ACCOUNTS", "x"),
        ("CLASSIFR_LOG_FORMAT", "xml"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not_shown(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid, match=f"^{name} is"):
        load_settings()


def test_a_file_of_settings_that_is_no_text_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsInvalid, match="UTF-8"):
        load_settings()


def test_the_password_of_an_address_goes_into_the_environment() -> None:
    url = make_url("postgresql+asyncpg://lucia:p%40ss@db.example:5433/food?ssl=require")
    assert libpq_environment(url) == {
        "PGCONNECT_TIMEOUT": "10",
        "PGHOST": "db.example",
        "PGPORT": "5433",
        "PGUSER": "lucia",
        "PGPASSWORD": "p@ss",
        "PGDATABASE": "food",
        "PGSSLMODE": "require",
    }


def test_an_address_may_name_a_socket() -> None:
    url = make_url("postgresql+asyncpg://lucia@/food?host=/run/postgres&port=5432")
    assert libpq_environment(url)["PGHOST"] == "/run/postgres"
