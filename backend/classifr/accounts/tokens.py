"""Bearer tokens: signed, short-lived, bound to the account's token version."""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jose import JWTError, jwt

from classifr.errors import TokenInvalid
from classifr.paging import MAX_ROW_ID

_ALGORITHM = "HS256"
_ISSUER = "classifr"
_AUDIENCE = "classifr"
_REQUIRED = {f"require_{claim}": True for claim in ("exp", "sub", "aud", "iss", "iat")}

# What reading claims of any shape can raise.
_BAD_CLAIMS = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError)
_MAX_LENGTH = 2048  # Ours have about 250 characters.

MIN_SECRET_BYTES = 32


@dataclass(frozen=True)
class TokenClaims:
    """What a valid token says."""

    user_id: int
    token_version: int


class TokenSigner:
    """Makes and checks tokens with one secret. secret: at least 32 bytes."""

    def __init__(self, secret: str, *, lifetime: timedelta) -> None:
        self._secret = secret
        self.lifetime = lifetime

    def derive_key(self, purpose: str) -> bytes:
        """A key of 32 bytes for another purpose, which tells nothing of the secret."""
        return hmac.digest(self._secret.encode(), purpose.encode(), "sha256")

    def sign(self, claims: TokenClaims) -> str:
        """A token for `claims` that expires after the lifetime."""
        now = datetime.now(UTC)
        payload = {
            "sub": str(claims.user_id),
            "ver": claims.token_version,
            "aud": _AUDIENCE,
            "iss": _ISSUER,
            "iat": now,
            "exp": now + self.lifetime,
        }
        return str(jwt.encode(payload, self._secret, algorithm=_ALGORITHM))

    def read(self, token: str) -> TokenClaims:
        """What the token says. Raises: TokenInvalid if it is expired, altered or not ours."""
        if len(token) > _MAX_LENGTH:
            raise TokenInvalid
        try:
            payload = jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                issuer=_ISSUER,
                options=_REQUIRED,
            )
            claims = TokenClaims(user_id=int(payload["sub"]), token_version=int(payload["ver"]))
        except (JWTError, *_BAD_CLAIMS) as error:
            raise TokenInvalid from error
        if not 1 <= claims.user_id <= MAX_ROW_ID:
            raise TokenInvalid
        return claims
