"""Tokens of projects: signed, so that whoever has one may copy the project for a day."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends

from classifr.customvision.codes import ErrorCode
from classifr.customvision.errors import Refused
from classifr.dependencies import StateDep

_LIFETIME = timedelta(hours=24)
_PURPOSE = "Custom Vision project tokens"
_ID_BYTES = 16
_TIME_BYTES = 8


@dataclass(frozen=True)
class ProjectTokens:
    """Makes and reads the tokens of projects."""

    key: bytes

    def sign(self, project_id: UUID, *, now: datetime | None = None) -> str:
        """A token of the project, good for a day."""
        expires = int(((now or datetime.now(UTC)) + _LIFETIME).timestamp())
        payload = project_id.bytes + expires.to_bytes(_TIME_BYTES)
        return urlsafe_b64encode(payload + self._signature(payload)).decode().rstrip("=")

    def read(self, token: str) -> UUID:
        """The project of a token. Raises: Refused if it is none of ours, or was for too long."""
        payload, signature = _split(token)
        if hmac.compare_digest(signature, self._signature(payload)):
            expires = int.from_bytes(payload[_ID_BYTES:])
            if datetime.now(UTC).timestamp() < expires:
                return UUID(bytes=payload[:_ID_BYTES])
        raise Refused(
            ErrorCode.INVALID_IMPORT_TOKEN,
            "The token is none of this server, or it has expired. Export the project again.",
        )

    def _signature(self, payload: bytes) -> bytes:
        return hmac.digest(self.key, payload, "sha256")


def _split(token: str) -> tuple[bytes, bytes]:
    """The payload and the signature of a token; whatever it is."""
    try:
        raw = urlsafe_b64decode(token.encode() + b"=" * (-len(token) % 4))
    except ValueError:
        raw = b""
    return raw[: _ID_BYTES + _TIME_BYTES], raw[_ID_BYTES + _TIME_BYTES :]


async def project_tokens(state: StateDep) -> ProjectTokens:
    """Tokens that this installation signs."""
    return ProjectTokens(state.token_signer.derive_key(_PURPOSE))


Tokens = Annotated[ProjectTokens, Depends(project_tokens)]
