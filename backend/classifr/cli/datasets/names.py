"""File names that every system takes, whatever a tag or a project is called."""

import re
import unicodedata

_LONGEST_BYTES = 100
#: What a path, a shell or Windows would read something into.
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def safe_name(text: str) -> str:
    """`text` as the name of one file or folder: never empty, hidden, a path, or too long."""
    name = unicodedata.normalize("NFC", text)
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C" or c == "\u200d")
    name = _UNSAFE.sub("_", name)
    name = name.encode()[:_LONGEST_BYTES].decode(errors="ignore")
    name = name.strip(" .")
    if not name or _RESERVED.fullmatch(name) or name.startswith(tuple("-~=+@")):
        name = f"_{name}"
    return name


class Names:
    """Names that differ, also where letters in both cases are the same."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, wanted: str) -> str:
        """`wanted`, with a number before its ending if it is taken."""
        stem, dot, ending = wanted.rpartition(".")
        stem, ending = (stem, dot + ending) if stem else (wanted, "")
        name, number = wanted, 1
        while name.casefold() in self._taken:
            number += 1
            name = f"{stem}-{number}{ending}"
        self._taken.add(name.casefold())
        return name
