"""The secret that signs tokens: from the settings, or made once into the data folder."""

import os
import secrets

from classifr.accounts.tokens import MIN_SECRET_BYTES
from classifr.errors import SettingsInvalid
from classifr.settings import Settings


def token_secret(settings: Settings) -> str:
    """The signing secret.

    Raises: SettingsInvalid if it is shorter than 32 bytes, or absent while the database is
    not the embedded one (each process would sign with its own).
    """
    if settings.accounts.token_secret is not None:
        secret = settings.accounts.token_secret.get_secret_value()
        if _is_weak(secret):
            raise SettingsInvalid(
                "CLASSIFR_ACCOUNTS__TOKEN_SECRET is too weak: it needs at least 32 random bytes. "
                "Make one with: openssl rand -hex 32"
            )
        return secret
    if settings.database_url is not None:
        raise SettingsInvalid(
            "CLASSIFR_ACCOUNTS__TOKEN_SECRET is not set. With CLASSIFR_DATABASE_URL every process "
            "must share one. Make one with: openssl rand -hex 32"
        )
    return _secret_file(settings)


def _secret_file(settings: Settings) -> str:
    path = settings.data_dir / "token-secret"
    partial = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    if not path.exists():
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        try:
            # A link fails if another process was first: then its secret is the one.
            os.link(partial, path)
        except FileExistsError:
            pass
        finally:
            partial.unlink()
    secret = path.read_text()
    if _is_weak(secret):
        raise SettingsInvalid(
            f"The token secret in {path} is damaged. Delete the file: a new one is made at the "
            "next start, and everybody signs in again."
        )
    return secret


def _is_weak(secret: str) -> bool:
    return len(secret.encode()) < MIN_SECRET_BYTES or len(set(secret)) < MIN_SECRET_BYTES // 4
