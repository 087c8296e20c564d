"""Prints the path of a Chromium that starts here, for the browser tests; installs one if need be.

Tried in turn: Playwright's own, one on PATH, Debian's package.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from install import NODE, PYTHON, VENV, debian_installer, install_debian_package, say
from playwright.sync_api import Error, sync_playwright

FOUND = VENV / ".browser"  #: The path found last time.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> None:
    # Playwright's own Node.js needs libatomic, which a small Debian lacks; this one does not.
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(NODE))
    for candidate in candidates():
        if candidate and does_start(candidate):
            FOUND.write_text(candidate, "utf-8")
            print(candidate)
            return
    sys.exit(
        "The browser tests need Chromium, and none could be installed. Install it, then run this "
        "again (Debian: sudo apt-get install chromium)."
    )


def candidates() -> Iterator[str | None]:
    if FOUND.exists():
        yield FOUND.read_text("utf-8")
    steps: tuple[Callable[[], str | None], ...] = (playwrights_own, on_path, debians)
    for step in steps:
        yield step()


def playwrights_own() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if not Path(path).exists():
        say("Looking for Playwright's Chromium ...")
        command = [str(PYTHON), "-m", "playwright", "install", "chromium"]
        subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL)
    return path if Path(path).exists() else None


def on_path() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def debians() -> str | None:
    if debian_installer():
        install_debian_package("chromium")
    return on_path()


def does_start(path: str) -> bool:
    """Whether it opens a page: Playwright's download may lack libraries of the system."""
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path)
            browser.new_page().goto("data:text/html,hello")
            browser.close()
        except Error as error:
            say(f"{path} does not start: {error.message.splitlines()[0]}")
            return False
    return True


if __name__ == "__main__":
    main()
