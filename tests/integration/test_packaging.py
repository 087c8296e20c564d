"""What `pip install .` builds and runs, and that the lock files still answer to pyproject.toml."""

import json
import signal
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.integration.cli import Server, has_postgres

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the wheel and the source distribution, both built once."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-t", "sdist", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    return folder


@pytest.fixture(scope="module")
def built_files(dist: Path) -> dict[str, set[str]]:
    """The names in the wheel and in the source distribution."""
    (wheel,) = dist.glob("*.whl")
    (sdist,) = dist.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        wheel_names = set(archive.namelist())
    with tarfile.open(sdist) as archive:
        sdist_names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    return {"wheel": wheel_names, "sdist": sdist_names}


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def checkout_files(folder: str, pattern: str) -> set[str]:
    """What git would have of `folder`, vendor/ added."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob(pattern)
        if path.is_file() and not {"node_modules", "__pycache__"} & set(path.parts)
    }


def vendor_names() -> set[str]:
    package = json.loads((ROOT / "frontend" / "package.json").read_text("utf-8"))
    return set(package["classifr"]["vendor"].values())


def test_wheel_holds_the_whole_page(built_files: dict[str, set[str]]) -> None:
    page = {
        name
        for pattern in ("*.html", "*.css", "*.js", "*.svg", "*.woff2")
        for name in checkout_files("frontend", pattern)
    }
    assert "frontend/index.html" in page
    assert {f"classifr/{name}" for name in page} <= built_files["wheel"]


def test_wheel_holds_the_vendor_files(built_files: dict[str, set[str]]) -> None:
    names = vendor_names()
    assert names
    assert {f"classifr/frontend/vendor/{name}" for name in names} <= built_files["wheel"]


def test_wheel_holds_the_migrations(built_files: dict[str, set[str]]) -> None:
    migrations = checkout_files("migrations", "*.py")
    assert "migrations/env.py" in migrations
    assert {f"classifr/{name}" for name in migrations} <= built_files["wheel"]


def test_wheel_holds_nothing_else(built_files: dict[str, set[str]]) -> None:
    roots = {name.split("/")[0] for name in built_files["wheel"]}
    assert {root.split("-")[0] for root in roots} == {"classifr"}
    unwanted = (
        "node_modules",
        "tests",
        "package.json",
        "package-lock.json",
        ".stamp",
        "__pycache__",
    )
    assert not [
        name for name in built_files["wheel"] if any(part in name.split("/") for part in unwanted)
    ]


def test_sdist_builds_without_the_npm_registry(built_files: dict[str, set[str]]) -> None:
    needed = {"pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "migrations/env.py"}
    vendor = {f"frontend/vendor/{name}" for name in (*vendor_names(), ".stamp")}
    assert needed | vendor <= built_files["sdist"]
    assert not [name for name in built_files["sdist"] if "node_modules" in name]


@pytest.fixture(scope="module")
def installed_command(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The `classifr` of the wheel, in an environment that borrows the packages it needs."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False, symlinks=True)
    (wheel,) = dist.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "--python", folder, "install", "--no-deps", "--no-index"]
    subprocess.run([*pip, wheel], check=True, capture_output=True, timeout=60)
    (packages,) = folder.glob("lib/python*/site-packages")
    # Read after the wheel's own, and without the .pth file there that leads to this checkout.
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    return str(folder / "bin" / "classifr")


def test_installed_wheel_serves_outside_the_checkout(
    installed_command: str, tmp_path: Path
) -> None:
    with Server(tmp_path / "data", command=[installed_command], PYTHONPATH="") as server:
        url = server.url()
        page = httpx.get(f"{url}/")
        vendor = httpx.get(f"{url}/vendor/{min(vendor_names())}")
        assert httpx.get(f"{url}/health/ready").status_code == 200
        server.stop(signal.SIGTERM)
        assert server.wait() == 0
    assert "<title>Classifr" in page.text
    assert vendor.status_code == 200
    assert vendor.content
    assert str(ROOT) not in "".join(server.stdout + server.stderr)
    assert not has_postgres(tmp_path / "data")


@pytest.mark.parametrize(
    ("lock", "groups"),
    [
        ("requirements.lock", ()),
        ("requirements-build.lock", ("build",)),
        ("requirements-dev.lock", ("", "build", "dev")),
    ],
)
def test_lock_answers_to_pyproject(
    project: dict[str, Any], lock: str, groups: tuple[str, ...]
) -> None:
    """A dependency added without `make lock` is found here, not by a user."""
    pins = read_pins(lock)
    wanted = [
        Requirement(line)
        for group in groups or ("",)
        for line in (
            project["dependency-groups"][group] if group else project["project"]["dependencies"]
        )
        if isinstance(line, str)
    ]
    unmet = [
        str(requirement)
        for requirement in wanted
        if not requirement.specifier.contains(pins.get(canonicalize_name(requirement.name), "0"))
    ]
    assert unmet == []


def test_locks_agree_with_each_other() -> None:
    """Tests run against the versions that users run."""
    dev = read_pins("requirements-dev.lock")
    for lock in ("requirements.lock", "requirements-build.lock"):
        assert read_pins(lock).items() <= dev.items()


def read_pins(lock: str) -> dict[str, str]:
    """Name to version; every pin must carry a hash."""
    text = (ROOT / lock).read_text("utf-8")
    assert "://" not in text, "a lock names no host"
    pins = {}
    for block in text.split("\n\n")[0].replace(" \\\n    --hash", " --hash").splitlines():
        if block.startswith((" ", "#")):
            continue
        assert "--hash=sha256:" in block, block
        name, _, version = block.split(" ")[0].partition("==")
        pins[canonicalize_name(name.split("[")[0])] = version
    return pins
