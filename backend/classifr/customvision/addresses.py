"""Addresses of files that clients fetch without a key: signed, and good for a day."""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from fastapi import Depends, Query, Request

from classifr.customvision.codes import ErrorCode
from classifr.customvision.errors import Refused
from classifr.customvision.paths import ROOT
from classifr.dependencies import StateDep

#: Where the files are; below it, every route asks for a signature.
FILES = "/files"
#: The methods of such a route: some look first how large a file is.
READ = ["GET", "HEAD"]

_LIFETIME = timedelta(hours=24)
# Within it, a file keeps its address, so that what fetched it can keep the file.
_SAME_FOR = timedelta(hours=1)
_MOST_DIGITS = 16
_PURPOSE = "Custom Vision file addresses"


@dataclass(frozen=True)
class FileAddresses:
    """Makes and checks the addresses of files."""

    base: str  #: Address of this server, without a slash at its end.
    key: bytes

    def sign(self, *parts: object, now: datetime | None = None) -> str:
        """The whole address of the file at `ROOT + FILES + /parts`, good for a day at least."""
        path = "/".join((ROOT + FILES, *map(str, parts)))
        step = int(_SAME_FOR.total_seconds())
        begun = int((now or datetime.now(UTC)).timestamp()) // step + 1
        expires = begun * step + int(_LIFETIME.total_seconds())
        query = urlencode({"se": expires, "sig": self._signature(path, expires)})
        return f"{self.base}{quote(path)}?{query}"

    def is_valid(self, path: str, expires: str, signature: str) -> bool:
        """Whether we signed this path until then, in seconds since 1970, and then is not over."""
        if not (expires.isascii() and expires.isdigit() and len(expires) < _MOST_DIGITS):
            return False
        expected = self._signature(path, int(expires)).encode()
        is_ours = hmac.compare_digest(expected, signature.encode("utf-8", "replace"))
        return is_ours and datetime.now(UTC).timestamp() < int(expires)

    def signed_parts(self, url: str) -> tuple[str, ...] | None:
        """What was given to `sign` for this address; None if we did not make it, or it is over.

        What stands before ROOT does not count: clients reach a server by several names.
        """
        try:
            address = urlsplit(url)
        except ValueError:
            return None
        _, start, parts = unquote(address.path).partition(f"{ROOT}{FILES}/")
        query = parse_qs(address.query)
        expires, signature = (query.get(name, [""])[0] for name in ("se", "sig"))
        if not start or not self.is_valid(start + parts, expires, signature):
            return None
        return tuple(parts.split("/"))

    def _signature(self, path: str, expires: int) -> str:
        digest = hmac.digest(self.key, f"{expires} {path}".encode(), "sha256")
        return urlsafe_b64encode(digest).rstrip(b"=").decode()


async def file_addresses(request: Request, state: StateDep) -> FileAddresses:
    """Addresses that begin as the settings say, or as that of the request does."""
    base = state.settings.public_url or f"{request.url.scheme}://{request.url.netloc}"
    return FileAddresses(base.rstrip("/"), state.token_signer.derive_key(_PURPOSE))


Addresses = Annotated[FileAddresses, Depends(file_addresses)]


async def require_signature(
    request: Request,
    addresses: Addresses,
    expires: Annotated[str, Query(alias="se")] = "",
    signature: Annotated[str, Query(alias="sig")] = "",
) -> None:
    """Let only those in who were given this address. Raises: Refused."""
    if not addresses.is_valid(request.scope["path"], expires, signature):
        raise Refused(
            ErrorCode.FORBIDDEN,
            "This address has expired or is incomplete. List the images again for a new one.",
            status=403,
        )


#: For `dependencies=` of the routes below FILES.
Signed = Depends(require_signature)
