"""Blob with Azure's default credential: a managed identity, as a machine in Azure has it."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.azurite import parts, running_azurite
from tests.integration.cli import errors, run

from classifr.storage.local import LocalStorage


class Identity(BaseHTTPRequestHandler):
    """Answers as the identity endpoint of Azure's App Service does."""

    def do_GET(self) -> None:
        body = json.dumps(
            {
                "access_token": token(),
                "expires_on": str(int(time.time()) + 3600),
                "resource": "https://storage.azure.com",
                "token_type": "Bearer",
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def token() -> str:
    """One that Azurite believes: it looks at the claims alone."""
    now = int(time.time())
    claims = {
        "aud": "https://storage.azure.com",
        "iss": "https://sts.windows.net/00000000-0000-0000-0000-000000000000/",
        "iat": now,
        "nbf": now,
        "exp": now + 3600,
    }
    header = {"alg": "RS256", "typ": "JWT"}
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()) for part in (header, claims))
    return ".".join([*(part.rstrip(b"=").decode() for part in encoded), "c2lnbmF0dXJl"])


@contextmanager
def identity_endpoint() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Identity)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/token"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Settings and environment of a machine with an identity."""
    certificate, key = write_certificate(tmp_path)
    with (
        running_azurite("--oauth", "basic", "--cert", certificate, "--key", key) as account,
        identity_endpoint() as endpoint,
    ):
        yield {
            "CLASSIFR_BLOB__ACCOUNT_URL": parts(account)["BlobEndpoint"],
            "SSL_CERT_FILE": str(certificate),
            "IDENTITY_ENDPOINT": endpoint,
            "IDENTITY_HEADER": "known to this machine",
        }


async def test_managed_identity_signs_in(machine: dict[str, str], tmp_path: Path) -> None:
    await LocalStorage(tmp_path / "data" / "images").put("wrong/1", b"some bytes")
    done = run("storage", "copy", "--to", "azure", data_dir=tmp_path / "data", **machine)
    assert done.returncode == 0, done.stderr
    assert "Copied to the Blob container https://" in done.stderr
    run("storage", "copy", "--to", "local", data_dir=tmp_path / "other", **machine)
    assert await LocalStorage(tmp_path / "other" / "images").get("wrong/1") == b"some bytes"


def test_machine_without_identity_is_told(machine: dict[str, str], tmp_path: Path) -> None:
    nobody = machine | {"IDENTITY_ENDPOINT": "", "HOME": str(tmp_path)}
    done = run("storage", "copy", "--to", "azure", data_dir=tmp_path / "data", **nobody)
    assert done.returncode == 2, done.stderr
    (error,) = errors(done.stderr)
    assert "found nobody to sign in as" in error
