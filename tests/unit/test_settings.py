"""Settings are documented, read from the environment, and never shown when they are secret."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from classifr.settings import Settings

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "settings.md"


def names(model: type[BaseModel], prefix: str = "CLASSIFR_") -> set[str]:
    """The environment variable of every setting."""
    found = set()
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found |= names(field.annotation, f"{prefix}{name.upper()}__")
        else:
            found.add(f"{prefix}{name.upper()}")
    return found


def test_every_setting_is_documented_and_nothing_else() -> None:
    documented = re.findall(r"^\| `(CLASSIFR_\w+)` \|", DOCUMENTATION.read_text(), re.MULTILINE)
    assert set(documented) == names(Settings)
    assert len(documented) == len(set(documented))


def test_nested_setting_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLASSIFR_RETENTION__PENDING_HOURS", "0.5")
    assert Settings(_env_file=None).retention.pending_hours == 0.5


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    blob = ("BLOB__CONNECTION_STRING", "BLOB__ACCOUNT_KEY")
    for name in ("DATABASE_URL", "ADMIN_PASSWORD", "ACCOUNTS__TOKEN_SECRET", *blob):
        monkeypatch.setenv(f"CLASSIFR_{name}", "hush-hush")
    settings = Settings(_env_file=None)
    assert settings.database_url.get_secret_value() == "hush-hush"
    assert "hush" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_impossible_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLASSIFR_UPLOAD__MAX_BYTES", "-1")
    with pytest.raises(ValidationError, match=r"upload\.max_bytes"):
        Settings(_env_file=None)
