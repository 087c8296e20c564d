"""Photos for the compat suite, and a web server that has them."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image
from tests.pictures import dish, encoded, jpeg

#: How many bytes are more than a training image may have (6 MB), and a predicted one (4 MB).
TOO_MANY_BYTES = 6 * 1024 * 1024 + 1
TOO_MANY_BYTES_TO_CLASSIFY = 4 * 1024 * 1024 + 1

NOT_AN_IMAGE = b"<html>no photo at all</html>"


def heavy(size: int) -> bytes:
    """A JPEG file of so many bytes: readers ignore what follows its end."""
    return jpeg(seed=77).ljust(size, b"\0")


def ribbon() -> bytes:
    """An image more than 25 times as wide as it is high."""
    return encoded(Image.new("RGB", (1300, 50), (9, 90, 9)), "PNG")


@contextmanager
def photo_server() -> Iterator[str]:
    """The address of a web server whose every path `/<tag>/<seed>.jpg` is a photo.

    `/gone.jpg` is 404, `/moved.jpg` a redirect to a photo, `/page.html` no photo.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/page.html":
                self._answer(200, NOT_AN_IMAGE, "text/html")
            elif self.path == "/moved.jpg":
                self.send_response(302)
                self.send_header("Location", "/cannoli/1.jpg")
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif self.path.count("/") == 2:
                _, tag, name = self.path.split("/")
                self._answer(200, dish(tag, int(name.removesuffix(".jpg"))), "image/jpeg")
            else:
                self._answer(404, b"gone", "text/plain")

        def _answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
