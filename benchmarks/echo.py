"""An HTTP server that reads what it is sent and answers always the same: `echo.py BODY`.

It prints its port. What a client takes with it is the client's own cost.
"""

import socket
import sys

_BUFFER_BYTES = 1 << 20


def main() -> None:
    """Serve one connection after another, until killed."""
    body = sys.argv[1].encode()
    answer = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection:
                while _read_request(connection):
                    connection.sendall(answer)


def _read_request(connection: socket.socket) -> bool:
    """Read one request to its end; whether there was one."""
    received = bytearray()
    while (head_end := received.find(b"\r\n\r\n")) < 0:
        if not (chunk := connection.recv(_BUFFER_BYTES)):
            return False
        received += chunk
    head = bytes(received[:head_end]).lower()
    length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
    missing = head_end + 4 + length - len(received)
    while missing > 0:
        if not (chunk := connection.recv(_BUFFER_BYTES)):
            return False
        missing -= len(chunk)
    return True


if __name__ == "__main__":
    main()
