"""Where this installation is: its page, its migrations, and the name people call it by.

From a checkout they are the folders beside `backend/`; in an installed wheel, inside the package.
"""

import shutil
import sys
from pathlib import Path

PACKAGE_DIR = Path(__file__).parent


def checkout_dir() -> Path | None:
    """The root of the checkout this package runs from, or None when it was installed."""
    root = PACKAGE_DIR.parent.parent
    return root if (root / "pyproject.toml").is_file() and (root / "frontend").is_dir() else None


def resource_dir(name: str) -> Path:
    """The folder `frontend` or `migrations`, wherever this installation has it."""
    return (checkout_dir() or PACKAGE_DIR) / name


def command_name() -> str:
    """What to type to run us: `classifr`, or the path that was typed if it is not on the PATH."""
    typed = sys.argv[0]
    is_path = Path(typed).name == "classifr" and shutil.which("classifr") is None
    return typed if is_path else "classifr"
