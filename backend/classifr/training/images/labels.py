"""Which tags the files of an archive get: by their folders, or by a `labels.csv`."""

import csv
import io
import re
from collections.abc import Sequence

from classifr.errors import LabelsUnreadable
from classifr.training.images.zip_files import Entry

LABELS_NAME = "labels.csv"

#: Rows or tags that are read: five for each image of a project that is full.
MOST_LABELS = 500_000

_BETWEEN_TAGS = re.compile(r"(?<!\\);")
# A spreadsheet would compute a cell that begins so.
_FORMULA = re.compile(r"\\*[=+\-@]")

Labels = dict[str, tuple[str, ...]]
"""Names of tags by a file's path in the archive."""


def find_labels(entries: Sequence[Entry]) -> Entry | None:
    """The `labels.csv` of an archive, if there is one; of several the uppermost."""
    found = [entry for entry in entries if entry.path.rpartition("/")[2].lower() == LABELS_NAME]
    return min(found, key=lambda entry: entry.path.count("/"), default=None)


def labels_by_folder(entries: Sequence[Entry]) -> Labels:
    """Each file gets the folder it lies in; none at the top."""
    return {entry.path: (entry.folder,) if entry.folder else () for entry in entries}


def read_labels(labels: Entry, data: bytes) -> Labels:
    """What the CSV file of an archive says. Raises: LabelsUnreadable."""
    return parse_labels(data, folder=labels.path.rpartition("/")[0])


def parse_labels(data: bytes, *, folder: str = "") -> Labels:
    """What a CSV file says, a file in several rows or several tags in one, as `a;b`.

    folder: of the CSV file, from which its paths count. Raises: LabelsUnreadable.
    """
    try:
        text = data.decode("utf-8-sig")
        header = text.partition("\n")[0]
        # Some spreadsheets write semicolons between columns.
        delimiter = ";" if ";" in header and "," not in header else ","
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        columns = [column.strip().lower() for column in next(rows, [])]
        file_column, tag_column = columns.index("file"), columns.index("tag")
        tags: dict[str, dict[str, None]] = {}
        count = 0
        for row in rows:
            if row:
                path, names = _path(folder, row[file_column]), split_tags(row[tag_column])
                tags.setdefault(path, {}).update(dict.fromkeys(names))
                count += max(1, len(names))
            if count > MOST_LABELS:
                raise LabelsUnreadable(
                    f"The CSV file has more than {MOST_LABELS:,} tags. Send the archive in parts."
                )
    except UnicodeDecodeError as error:
        raise LabelsUnreadable("The CSV file is not in UTF-8. Save it as CSV UTF-8.") from error
    except (ValueError, IndexError, csv.Error) as error:
        raise LabelsUnreadable from error
    return {path: tuple(names) for path, names in tags.items()}


def join_tags(names: Sequence[str]) -> str:
    r"""Several tags in one cell; a semicolon within a name becomes `\;`.

    What a spreadsheet would take for a formula begins with `\`.
    """
    cell = ";".join(name.replace(";", "\\;") for name in names)
    return f"\\{cell}" if _FORMULA.match(cell) else cell


def split_tags(cell: str) -> list[str]:
    """The tags that `join_tags` put into a cell."""
    if cell.startswith("\\") and _FORMULA.match(cell):
        cell = cell[1:]
    names = (name.replace("\\;", ";").strip() for name in _BETWEEN_TAGS.split(cell))
    return [name for name in names if name]


def _path(folder: str, written: str) -> str:
    parts = written.strip().replace("\\", "/").split("/")
    return "/".join(part for part in (*folder.split("/"), *parts) if part not in ("", "."))
