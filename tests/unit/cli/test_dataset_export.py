"""Exports hold what others expect of them, and appear only when they are complete."""

import asyncio
import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Coroutine
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid5

import httpx
import pytest
from PIL import Image

from classifr.cli.client.api import ApiClient
from classifr.cli.commands.dataset import ExportFormat
from classifr.cli.commands.options import Place
from classifr.cli.datasets import exporting
from classifr.cli.failures import ASKED_WRONGLY, CommandError
from classifr.engine.learning.split import is_held_out
from classifr.training.images.labels import split_tags

FOLDERS, COCO, IMAGEFOLDER = ExportFormat.FOLDERS, ExportFormat.COCO, ExportFormat.IMAGEFOLDER
FORMATS = list(ExportFormat)
SPACE = UUID(int=4)

#: Names that some file system, `datasets` or a spreadsheet would stumble over.
ODD_TAGS = ["../up", "val", "test", "1", "NA", "con", "a;b", "=1+1", "🍕 tiramisù", "labels.csv"]
ODD_TAGS += ["_untagged", "a/b", "A/B", "x" * 128, "metadata.jsonl", "__init__", "train"]


class Kitchen:
    """A server with one project, as far as an export asks."""

    def __init__(self, *, multilabel: bool = False) -> None:
        self.project = {
            "id": str(uuid5(SPACE, f"{multilabel}")),
            "name": "menu",
            "is_builtin": False,
            "classification_type": "Multilabel" if multilabel else "Multiclass",
        }
        self.tags: dict[str, str] = {}
        self.images: list[dict] = []
        self.bytes: dict[str, bytes] = {}
        self.downloads: Counter[str] = Counter()
        self.fail_after: int | None = None
        """How many images are given before the connection breaks."""

    def add(self, *tags: str, name: str = "IMG_1.jpg", kind: str = "Regular") -> str:
        """One more image, unlike the others; its id."""
        number = len(self.bytes)
        file = BytesIO()
        Image.new("RGB", (16 + number, 12), (number % 256, number // 256, 7)).save(file, "PNG")
        id_ = str(uuid5(SPACE, f"image {number}"))
        self.bytes[id_] = file.getvalue()
        for tag in tags:
            self.tags.setdefault(tag, kind)
        self.images.append(
            {
                "id": id_,
                "name": name,
                "width": 16 + number,
                "height": 12,
                "format": "PNG",
                "size_bytes": len(file.getvalue()),
                "sha256": hashlib.sha256(file.getvalue()).hexdigest(),
                "tags": [{"id": str(uuid5(SPACE, tag)), "name": tag} for tag in tags],
                "created_at": f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z",
            }
        )
        return id_

    def answer(self, request: httpx.Request) -> httpx.Response:
        """What the JSON API answers."""
        parts = request.url.path.strip("/").split("/")
        if parts == ["projects"]:
            return self._list([self.project])
        assert parts[1] == self.project["id"]
        if parts[2:] == ["tags"]:
            tags = [{"name": name, "type": kind} for name, kind in sorted(self.tags.items())]
            return self._list(tags)
        if parts[2:] == ["images"]:
            return self._list(self.images[::-1])
        assert parts[4] == "original"
        if self.fail_after is not None and sum(self.downloads.values()) >= self.fail_after:
            return httpx.Response(400, json={"error": "bad_request", "detail": "Broken."})
        self.downloads[parts[3]] += 1
        return httpx.Response(200, content=self.bytes[parts[3]])

    @staticmethod
    def _list(items: list[dict]) -> httpx.Response:
        return httpx.Response(200, json={"items": items, "next": None})


@pytest.fixture
def export(monkeypatch: pytest.MonkeyPatch) -> Callable[[Kitchen, Path, ExportFormat], None]:
    """The command, on a kitchen."""

    def do(kitchen: Kitchen, folder: Path, form: ExportFormat) -> None:
        def with_client(
            _place: Place, work: Callable[[ApiClient], Coroutine[None, None, int]]
        ) -> int:
            async def connected() -> int:
                transport = httpx.MockTransport(kitchen.answer)
                async with httpx.AsyncClient(transport=transport, base_url="http://k/") as http:
                    return await work(ApiClient(http, where="the kitchen"))

            return asyncio.run(connected())

        monkeypatch.setattr(exporting, "with_client", with_client)
        exporting.export_dataset(Place(None, None, False), None, folder, form)

    return do


Export = Callable[[Kitchen, Path, ExportFormat], None]


def menu() -> Kitchen:
    """Sixty images of two dishes, three of nothing on the menu, two not tagged yet."""
    kitchen = Kitchen()
    for number in range(30):
        kitchen.add("pizza", name=f"{number:02}.jpg")
        kitchen.add("risotto", name=f"{number:02}.jpg")
    for _ in range(3):
        kitchen.add("none of these", kind="Negative")
    kitchen.add()
    kitchen.add()
    return kitchen


def scenes() -> Kitchen:
    """Images with several tags."""
    kitchen = Kitchen(multilabel=True)
    for tags in [("sea",), ("sea", "sun"), ("sun", "snow", "sea")] * 15:
        kitchen.add(*tags)
    kitchen.add("nothing", kind="Negative")
    kitchen.add()
    return kitchen


def odd() -> Kitchen:
    """Tags and files with every odd name."""
    kitchen = Kitchen(multilabel=True)
    for number, tag in enumerate(ODD_TAGS):
        kitchen.add(tag, name=["../../x.jpg", "a:b?.png", "CON", "é.jpg", "é.jpg", ""][number % 6])
        kitchen.add(tag, name="train/[x]*.jpg")
    kitchen.add(*ODD_TAGS)
    kitchen.add()
    return kitchen


def files(folder: Path) -> set[str]:
    """Every file below a folder."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix() for path in found}


def names(folder: Path) -> set[str]:
    """What lies in a folder."""
    return {path.name for path in folder.iterdir()}


def by_bytes(kitchen: Kitchen) -> dict[bytes, dict]:
    """Each image by what is in it, since names change."""
    return {kitchen.bytes[image["id"]]: image for image in kitchen.images}


def tags_of(image: dict) -> list[str]:
    return [tag["name"] for tag in image["tags"]]


KITCHENS = [menu, scenes, odd]
any_kitchen = pytest.mark.parametrize("make", KITCHENS)
any_format = pytest.mark.parametrize("form", FORMATS)


# What the forms have in common


@any_kitchen
@any_format
def test_every_image_leaves_once_and_as_it_came(
    export: Export, tmp_path: Path, make: Callable[[], Kitchen], form: ExportFormat
) -> None:
    kitchen = make()
    export(kitchen, tmp_path / "out", form)
    images = [path for path in (tmp_path / "out").rglob("*.png") if path.is_file()]
    assert Counter(path.read_bytes() for path in images) == Counter(kitchen.bytes.values())
    assert names(tmp_path) == {"out"}


@any_kitchen
@any_format
def test_names_are_such_as_every_file_system_takes(
    export: Export, tmp_path: Path, make: Callable[[], Kitchen], form: ExportFormat
) -> None:
    export(make(), tmp_path / "out", form)
    found = files(tmp_path / "out")
    assert len({name.casefold() for name in found}) == len(found)
    for name in found:
        assert not re.search(r'[\x00-\x1f\\:*?"<>|]', name)
        for part in name.split("/"):
            assert part == part.strip(" .")
            assert len(part.encode()) <= 120
            assert not re.fullmatch(r"(con|nul|aux|prn|com\d|lpt\d)(\..*)?", part, re.IGNORECASE)


@any_format
def test_project_without_images_leaves_no_broken_file(
    export: Export, tmp_path: Path, form: ExportFormat
) -> None:
    export(Kitchen(), tmp_path / "out", form)
    assert files(tmp_path / "out") <= {
        *("labels.csv", "annotations.json", "annotations_train.json", "annotations_test.json")
    }


# Folders


@any_kitchen
def test_labels_of_folders_hold_the_true_tags(
    export: Export, tmp_path: Path, make: Callable[[], Kitchen]
) -> None:
    kitchen, folder = make(), tmp_path / "out"
    export(kitchen, folder, FOLDERS)
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    images = by_bytes(kitchen)
    assert len(rows) == len(images)
    for row in rows:
        image = images[(folder / row["file"]).read_bytes()]
        assert split_tags(row["tag"]) == tags_of(image)
        assert row["file"].count("/") == 1
    if make is menu:
        assert {row["file"].split("/")[0] for row in rows} == {
            *("pizza", "risotto", "none of these", "_untagged")
        }


# COCO


def coco(folder: Path, part: str = "") -> dict:
    return json.loads((folder / f"annotations{part}.json").read_text("utf-8"))


@any_kitchen
def test_coco_is_what_pycocotools_indexes(
    export: Export, tmp_path: Path, make: Callable[[], Kitchen]
) -> None:
    """The rules that pycocotools, and readers built on it, rely on without checking them."""
    kitchen, folder = make(), tmp_path / "out"
    export(kitchen, folder, COCO)
    index = coco(folder)
    assert set(index) == {"info", "licenses", "images", "categories", "annotations"}
    ids = {}
    for kind in ("images", "categories", "annotations"):
        ids[kind] = [item["id"] for item in index[kind]]
        assert len(set(ids[kind])) == len(ids[kind])
        assert all(type(id_) is int and id_ >= 1 for id_ in ids[kind])
    for annotation in index["annotations"]:
        assert set(annotation) == {"id", "image_id", "category_id"}
        assert annotation["image_id"] in ids["images"]
        assert annotation["category_id"] in ids["categories"]
    for category in index["categories"]:
        assert set(category) == {"id", "name", "supercategory"}
    assert {category["name"] for category in index["categories"]} == set(kitchen.tags)

    category_names = {category["id"]: category["name"] for category in index["categories"]}
    images = by_bytes(kitchen)
    tagged = [image for image in kitchen.images if image["tags"]]
    assert len(index["images"]) == len(tagged)
    for item in index["images"]:
        image = images[(folder / item["file_name"]).read_bytes()]
        assert (item["width"], item["height"]) == (image["width"], image["height"])
        assert [
            category_names[annotation["category_id"]]
            for annotation in index["annotations"]
            if annotation["image_id"] == item["id"]
        ] == tags_of(image)


def test_coco_tells_negative_and_keeps_untagged_images_apart(
    export: Export, tmp_path: Path
) -> None:
    kitchen, folder = menu(), tmp_path / "out"
    export(kitchen, folder, COCO)
    kinds = {item["name"]: item["supercategory"] for item in coco(folder)["categories"]}
    assert kinds == {"pizza": "regular", "risotto": "regular", "none of these": "negative"}
    untagged = {path.read_bytes() for path in (folder / "untagged").iterdir()}
    assert untagged == {kitchen.bytes[image["id"]] for image in kitchen.images[-2:]}


def test_coco_parts_share_their_identifiers_with_the_whole(export: Export, tmp_path: Path) -> None:
    kitchen, folder = menu(), tmp_path / "out"
    export(kitchen, folder, COCO)
    whole, train, test = coco(folder), coco(folder, "_train"), coco(folder, "_test")
    images = by_bytes(kitchen)
    for part, held_out in ((train, False), (test, True)):
        assert part["images"]
        assert part["categories"] == whole["categories"]
        assert all(image in whole["images"] for image in part["images"])
        for item in part["images"]:
            sha256 = images[(folder / item["file_name"]).read_bytes()]["sha256"]
            assert is_held_out(sha256) is held_out
    assert len(train["images"]) + len(test["images"]) == len(whole["images"])
    assert len(train["annotations"]) + len(test["annotations"]) == len(whole["annotations"])


def test_coco_knows_a_tag_that_came_late(export: Export, tmp_path: Path) -> None:
    kitchen = menu()
    del kitchen.tags["pizza"]
    export(kitchen, tmp_path / "out", COCO)
    assert "pizza" in {item["name"] for item in coco(tmp_path / "out")["categories"]}


# imagefolder


#: Source: https://huggingface.co/docs/datasets/repository_structure, "Keywords".
SPLIT_WORDS = {
    "train": {"train", "training"},
    "validation": {"validation", "valid", "val", "dev"},
    "test": {"test", "testing", "eval", "evaluation"},
}


def loaded(folder: Path) -> dict[str, list[dict]]:
    """What `load_dataset` makes of a folder, by its documented rules.

    Splits are found by words in folders' names. Labels come from the metadata file beside the
    images, whose columns have the same types in each split.
    """
    splits: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        parents = {
            word
            for parent in path.relative_to(folder).parts[:-1]
            for word in re.split(r"[-._ 0-9]+", parent)
        }
        for split, words in SPLIT_WORDS.items():
            if path.is_file() and words & parents:
                splits.setdefault(split, []).append(path)
    assert len({path for paths in splits.values() for path in paths}) == sum(
        map(len, splits.values())
    )
    rows = {}
    for split, paths in splits.items():
        (metadata,) = (path for path in paths if path.name == "metadata.jsonl")
        lines = metadata.read_text("utf-8").splitlines()
        rows[split] = [json.loads(line) for line in lines]
        named = {(metadata.parent / row["file_name"]) for row in rows[split]}
        assert named == {path for path in paths if path != metadata}
        assert len(named) == len(lines)
    types = {
        frozenset(
            (key, type(value), *map(type, value[:1] if isinstance(value, list) else ()))
            for key, value in row.items()
        )
        for split in rows.values()
        for row in split
    }
    assert len(types) <= 1
    return rows


@any_kitchen
def test_imagefolder_is_loaded_with_its_splits_and_labels(
    export: Export, tmp_path: Path, make: Callable[[], Kitchen]
) -> None:
    kitchen, folder = make(), tmp_path / "out"
    export(kitchen, folder, IMAGEFOLDER)
    rows = loaded(folder)
    assert set(rows) == {"train", "test"}
    images = by_bytes(kitchen)
    column = "label" if make is menu else "labels"
    count = 0
    for split, items in rows.items():
        for row in items:
            assert set(row) == {"file_name", column}
            image = images[(folder / split / row["file_name"]).read_bytes()]
            wanted = tags_of(image)
            assert row[column] == (wanted[0] if make is menu else wanted)
            assert is_held_out(image["sha256"]) is (split == "test")
            count += 1
    assert count == sum(bool(image["tags"]) for image in kitchen.images)
    untagged = {path.read_bytes() for path in (folder / "untagged").iterdir()}
    assert untagged == {kitchen.bytes[image["id"]] for image in kitchen.images if not image["tags"]}


def test_imagefolder_has_no_split_without_images(export: Export, tmp_path: Path) -> None:
    kitchen = Kitchen()
    while not any(is_held_out(image["sha256"]) for image in kitchen.images):
        kitchen.images.clear()
        kitchen.add("pizza")
    export(kitchen, tmp_path / "out", IMAGEFOLDER)
    assert set(loaded(tmp_path / "out")) == {"test"}


def test_dates_as_tags_are_warned_of(
    export: Export, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kitchen = Kitchen()
    kitchen.add("2023-01-01")
    export(kitchen, tmp_path / "out", IMAGEFOLDER)
    assert "2023-01-01, are not read as text" in capsys.readouterr().err
    export(menu(), tmp_path / "menu", IMAGEFOLDER)
    assert "Hint" not in capsys.readouterr().err


# Complete or not there


@any_format
def test_export_that_breaks_is_not_there_and_goes_on(
    export: Export, tmp_path: Path, form: ExportFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    kitchen, folder = menu(), tmp_path / "out"
    kitchen.fail_after = 20
    with pytest.raises(CommandError):
        export(kitchen, folder, form)
    assert not folder.exists()
    assert "Run it again to go on." in capsys.readouterr().err
    kitchen.fail_after = None
    # What a killed process may leave of a file.
    cut, *_ = (tmp_path / "out.unfinished").rglob("*.png")
    cut.write_bytes(cut.read_bytes()[:10])
    whole = set(kitchen.bytes.values())
    left = (tmp_path / "out.unfinished").rglob("*.png")
    intact = sum(path.read_bytes() in whole for path in left)
    assert 10 < intact < 20
    kitchen.downloads.clear()
    export(kitchen, folder, form)
    assert f"{intact} images there already" in capsys.readouterr().err
    assert sum(kitchen.downloads.values()) == len(kitchen.images) - intact
    assert names(tmp_path) == {"out"}
    export(kitchen, tmp_path / "whole", form)
    assert files(folder) == files(tmp_path / "whole")
    for name in files(folder):
        assert (folder / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@any_format
def test_images_that_went_since_are_not_left_behind(
    export: Export, tmp_path: Path, form: ExportFormat
) -> None:
    kitchen, folder = menu(), tmp_path / "out"
    kitchen.fail_after = 40
    with pytest.raises(CommandError):
        export(kitchen, folder, form)
    kitchen.fail_after = None
    del kitchen.images[:25]
    (tmp_path / "out.unfinished" / "files" / "annotations.json").write_text("{")
    export(kitchen, folder, form)
    export(kitchen, tmp_path / "whole", form)
    assert files(folder) == files(tmp_path / "whole")
    left = {path.read_bytes() for path in folder.rglob("*.png")}
    assert left == {kitchen.bytes[image["id"]] for image in kitchen.images}


def test_another_unfinished_export_is_not_touched(export: Export, tmp_path: Path) -> None:
    kitchen, folder = menu(), tmp_path / "out"
    kitchen.fail_after = 5
    with pytest.raises(CommandError):
        export(kitchen, folder, COCO)
    kitchen.fail_after = None
    before = files(tmp_path)
    for other, form in ((kitchen, FOLDERS), (scenes(), COCO)):
        with pytest.raises(CommandError, match="another export") as refused:
            export(other, folder, form)
        assert refused.value.failure.exit_code == ASKED_WRONGLY
    assert files(tmp_path) == before
    (tmp_path / "mine.unfinished").mkdir()
    (tmp_path / "mine.unfinished" / "thesis.txt").write_text("precious")
    with pytest.raises(CommandError, match="another export"):
        export(kitchen, tmp_path / "mine", COCO)
    assert files(tmp_path / "mine.unfinished") == {"thesis.txt"}


def test_empty_folder_is_filled_and_another_is_refused(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kitchen = menu()
    (tmp_path / "empty").mkdir()
    export(kitchen, tmp_path / "empty", COCO)
    assert "annotations.json" in files(tmp_path / "empty")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for target in (tmp_path / "empty", tmp_path / "file", Path(), Path("/proc")):
        with pytest.raises(CommandError) as refused:
            export(kitchen, target, COCO)
        assert refused.value.failure.exit_code == ASKED_WRONGLY
        assert "Name a new folder" in refused.value.failure.hint
    assert names(tmp_path) == {"empty", "file", "here"}


def test_folder_that_is_filled_meanwhile_is_left_alone(export: Export, tmp_path: Path) -> None:
    kitchen, folder = menu(), tmp_path / "out"
    answer = kitchen.answer

    def interfere(request: httpx.Request) -> httpx.Response:
        folder.mkdir(exist_ok=True)
        (folder / "mine.txt").write_text("mine")
        return answer(request)

    kitchen.answer = interfere  # type: ignore[method-assign]
    with pytest.raises(CommandError, match="cannot be put in its place"):
        export(kitchen, folder, COCO)
    assert files(folder) == {"mine.txt"}
    (folder / "mine.txt").unlink()
    kitchen.answer = answer  # type: ignore[method-assign]
    downloads = sum(kitchen.downloads.values())
    export(kitchen, folder, COCO)
    assert sum(kitchen.downloads.values()) == downloads
