"""The port the server listens on."""

import errno
import socket

from classifr.cli.failures import AskedWrongly, CommandError

BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens already, so that no second server can take the port meanwhile.

    Raises: CommandError if the port is taken, or the address is not this machine's.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        raise _not_ours(host) from error
    # `localhost` is two addresses on some machines; IPv4 is the one that always works.
    family, _, _, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    server = socket.socket(family)
    try:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(address)
        server.listen(BACKLOG)
    except OSError as error:
        server.close()
        if error.errno == errno.EADDRINUSE:
            raise CommandError(
                f"Port {port} of {host} is in use.",
                hint="End the program that has it, or choose another with --port.",
            ) from error
        if error.errno == errno.EACCES:
            raise CommandError(
                f"Port {port} may not be used by this account.",
                hint="Choose one above 1023 with --port.",
            ) from error
        if error.errno == errno.EADDRNOTAVAIL:
            raise _not_ours(host) from error
        raise
    return server


def url_of(server: socket.socket) -> str:
    """The server's address for people."""
    host, port = server.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104
        host = "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _not_ours(host: str) -> CommandError:
    return AskedWrongly(
        f"{host} is no address of this machine.",
        hint="Use 127.0.0.1, or 0.0.0.0 for every address.",
    )
