"""Which images a folder or a CSV file holds, and their tags."""

import unicodedata
from pathlib import Path

import pytest

from classifr.cli.datasets.labelled import (
    TEST_PARTS,
    TRAIN_PARTS,
    LabelledImages,
    read_folder,
    read_labelled,
    read_labels,
)
from classifr.cli.failures import CommandError
from classifr.errors import LabelsUnreadable
from classifr.training.images.labels import join_tags, split_tags


def make(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def named(found: LabelledImages) -> dict[str, tuple[str, ...]]:
    return {image.path.relative_to(found.root).as_posix(): image.tags for image in found.images}


def test_sub_folders_are_tags_at_any_depth(tmp_path: Path) -> None:
    make(tmp_path, "pizza/1.jpg", "pizza/phone/2.PNG", "risotto/3.webp", "notes.txt", "top.jpg")
    make(tmp_path, ".git/4.jpg", "__MACOSX/5.jpg", "pizza/.6.jpg", "empty/readme.txt")
    found = read_folder(tmp_path)
    assert named(found) == {
        "pizza/1.jpg": ("pizza",),
        "pizza/phone/2.PNG": ("pizza",),
        "risotto/3.webp": ("risotto",),
    }
    assert found.untagged == [tmp_path / "top.jpg"]
    assert found.tags == ["pizza", "risotto"]


def test_a_linked_folder_is_a_tag(tmp_path: Path) -> None:
    make(tmp_path / "elsewhere", "1.jpg")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "pizza").symlink_to(tmp_path / "elsewhere")
    assert read_folder(tmp_path / "data").tags == ["pizza"]


@pytest.mark.parametrize(("part", "tag"), [(TRAIN_PARTS, "pizza"), (TEST_PARTS, "risotto")])
def test_a_parted_folder_gives_the_part_that_is_meant(
    tmp_path: Path, part: frozenset[str], tag: str
) -> None:
    make(tmp_path, "Train/pizza/1.jpg", "Test/risotto/2.jpg")
    assert read_labelled(tmp_path, None, part=part).tags == [tag]


def test_train_may_be_a_tag(tmp_path: Path) -> None:
    make(tmp_path, "train/1.jpg", "plane/2.jpg")
    assert read_labelled(tmp_path, None, part=TRAIN_PARTS).tags == ["plane", "train"]


def test_a_folder_without_the_part_that_is_meant_is_refused(tmp_path: Path) -> None:
    make(tmp_path, "Train/pizza/1.jpg", "Test/2.jpg")
    with pytest.raises(CommandError, match="test"):
        read_labelled(tmp_path, None, part=TEST_PARTS)


@pytest.mark.parametrize("names", [[], ["1.jpg"], ["pizza/notes.txt"]])
def test_a_folder_without_tags_is_refused(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(CommandError, match="no sub-folders with images"):
        read_labelled(make(tmp_path, *names), None, part=TRAIN_PARTS)


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no folder"):
        read_labelled(tmp_path / "nothing", None, part=TRAIN_PARTS)


def test_a_name_with_accents_is_one_tag_however_it_is_spelt(tmp_path: Path) -> None:
    make(tmp_path, f"{unicodedata.normalize('NFD', 'tiramisù')}/1.jpg")
    found = read_folder(tmp_path)
    assert found.tags == [unicodedata.normalize("NFC", "tiramisù")]
    assert found.only([unicodedata.normalize("NFD", "tiramisù")]).images == found.images


@pytest.mark.parametrize(
    "name", ["x" * 129, "a\nb", "a\x1bb", b"\xff".decode(errors="surrogateescape")]
)
def test_a_folder_that_makes_no_tag_is_refused(tmp_path: Path, name: str) -> None:
    make(tmp_path, f"{name}/1.jpg")
    with pytest.raises(CommandError, match="makes a tag"):
        read_folder(tmp_path)


@pytest.mark.parametrize(
    "name", ["cr\u00e8me\u00a0br\u00fbl\u00e9e", "\U0001f468\u200d\U0001f373", "a\u2028b"]
)
def test_every_name_that_the_api_takes_is_a_tag(tmp_path: Path, name: str) -> None:
    make(tmp_path, f"{name}/1.jpg")
    assert read_folder(tmp_path).tags == [name]


def test_only_some_tags(tmp_path: Path) -> None:
    found = read_folder(make(tmp_path, "a/1.jpg", "b/2.jpg", "c/3.jpg", "top.jpg"))
    some = found.only(["c", " a "])
    assert some.tags == ["a", "c"]
    assert some.untagged == []
    with pytest.raises(CommandError, match="no images of d, e"):
        found.only(["a", "d", "e"])


def test_a_csv_file_names_files_and_tags(tmp_path: Path) -> None:
    make(tmp_path, "1.jpg", "sub/2.jpg", "3.jpg")
    labels = tmp_path / "labels.csv"
    labels.write_text(
        "\ufefftag,File,note\nsunset,1.jpg,x\nbeach,1.jpg,\nsea;sunset,sub\\2.jpg,\n"
        ",3.jpg,\nsea,gone.jpg,\n",
        encoding="utf-8",
    )
    found = read_labelled(tmp_path, None, part=TRAIN_PARTS)
    assert named(found) == {"1.jpg": ("sunset", "beach"), "sub/2.jpg": ("sea", "sunset")}
    assert found.untagged == [tmp_path / "3.jpg"]
    assert found.missing == [tmp_path / "gone.jpg"]


@pytest.mark.parametrize("text", [b"a,b\n1.jpg,x\n", b"", b"file,tag\n\xff\xfe,x\n"])
def test_a_csv_file_of_another_kind_is_refused(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "labels.csv").write_bytes(text)
    with pytest.raises(LabelsUnreadable):
        read_labels(tmp_path / "labels.csv", root=tmp_path)


@pytest.mark.parametrize("text", ["file,tag\n", "file,tag\ngone.jpg,pizza\n"])
def test_a_csv_file_without_images_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(CommandError, match="names no image"):
        read_labels(tmp_path / "labels.csv", root=tmp_path)


@pytest.mark.parametrize("tags", [["a"], ["a", "b"], ["a;b", "c"], [";"], []])
def test_tags_survive_a_cell(tags: list[str]) -> None:
    assert split_tags(join_tags(tags)) == tags


@pytest.mark.parametrize("tag", ["=cmd|' /C calc'!A0", "+1", "-1", "@sum(a1)", "\\=1", "\\\\-1"])
def test_a_spreadsheet_computes_no_tag(tag: str) -> None:
    cell = join_tags([tag, "=b"])
    assert cell.startswith("\\")
    assert split_tags(cell) == [tag, "=b"]
    # What others wrote plainly is read as they meant it.
    assert split_tags("=b") == ["=b"]
