"""Where the files that ship with the package lie: the page and the migrations.

From a checkout they are the folders beside `backend/`; in an installed wheel, inside the package.
"""

from pathlib import Path

PACKAGE_DIR = Path(__file__).parent


def checkout_dir() -> Path | None:
    """The root of the checkout this package runs from, or None when it was installed."""
    root = PACKAGE_DIR.parent.parent
    return root if (root / "pyproject.toml").is_file() and (root / "frontend").is_dir() else None


def resource_dir(name: str) -> Path:
    """The folder `frontend` or `migrations`, wherever this installation has it."""
    return (checkout_dir() or PACKAGE_DIR) / name
