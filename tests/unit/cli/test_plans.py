"""What has to be sent so that a project holds a data set."""

import hashlib
from pathlib import Path

import pytest

from classifr.cli.datasets.batches import batches
from classifr.cli.datasets.hashes import hash_files
from classifr.cli.datasets.labelled import LabelledImage
from classifr.cli.datasets.plans import Plan, StoredImage, make_plan


def image(name: str, *tags: str) -> LabelledImage:
    return LabelledImage(Path(name), tags)


def plan(
    images: list[LabelledImage],
    hashes: dict[str, str],
    stored: dict[str, StoredImage] | None = None,
    *,
    is_multilabel: bool = False,
) -> Plan:
    by_path = {Path(name): sha256 for name, sha256 in hashes.items()}
    return make_plan(images, by_path, stored or {}, is_multilabel=is_multilabel)


def stored(image_id: str, *tags: str) -> StoredImage:
    return StoredImage(image_id, frozenset(tags))


def test_only_what_the_project_lacks_is_sent() -> None:
    made = plan(
        [image("1", "a"), image("2", "a"), image("3", "b")],
        {"1": "one", "2": "two", "3": "three"},
        {"two": stored("id-2", "a")},
    )
    assert made.new == {("a",): [Path("1")], ("b",): [Path("3")]}
    assert made.retagged == {}
    assert made.unchanged == 1
    assert made.new_count == 2


def test_an_image_that_moved_is_tagged_anew_and_not_sent() -> None:
    made = plan([image("1", "b")], {"1": "one"}, {"one": stored("id-1", "a")})
    assert made.new == {}
    assert made.retagged == {"b": ["id-1"]}
    assert made.retagged_count == 1


def test_the_same_image_twice_is_sent_once() -> None:
    made = plan([image("1", "a"), image("2", "a")], {"1": "one", "2": "one"})
    assert made.new == {("a",): [Path("1")]}
    assert made.contradictions == []


def test_of_two_tags_the_first_counts_and_is_told() -> None:
    images = [image("a/1", "a"), image("b/1", "b")]
    made = plan(images, {"a/1": "one", "b/1": "one"})
    assert made.new == {("a",): [Path("a/1")]}
    assert [(one.kept, one.dropped) for one in made.contradictions] == [tuple(images)]


def test_an_untagged_copy_contradicts_nothing() -> None:
    made = plan([image("top"), image("a/1", "a")], {"top": "one", "a/1": "one"})
    assert list(made.new) == [("a",)]
    assert made.contradictions == []


def test_multilabel_joins_the_tags_of_copies() -> None:
    images = [image("a/1", "a"), image("b/1", "b", "a")]
    made = plan(images, {"a/1": "one", "b/1": "one"}, is_multilabel=True)
    assert made.new == {("a", "b"): [Path("a/1")]}
    again = plan(
        images, {"a/1": "one", "b/1": "one"}, {"one": stored("id", "a")}, is_multilabel=True
    )
    assert again.retagged == {"b": ["id"]}


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "1").write_bytes(b"bytes")
    (tmp_path / "folder").mkdir()
    done = []
    paths = [tmp_path / "1", tmp_path / "gone", tmp_path / "folder"]
    hashes, unreadable = hash_files(paths, lambda: done.append(1))
    assert hashes == {tmp_path / "1": hashlib.sha256(b"bytes").hexdigest()}
    assert set(unreadable) == {tmp_path / "gone", tmp_path / "folder"}
    assert len(done) == 3


@pytest.mark.parametrize(
    ("files", "sizes"), [(0, []), (60, [60]), (61, [60, 1]), (130, [60, 60, 10])]
)
def test_batches_have_sixty_images(tmp_path: Path, files: int, sizes: list[int]) -> None:
    paths = [tmp_path / str(number) for number in range(files)]
    assert [len(batch) for batch in batches(paths)] == sizes


def test_batches_of_large_files_have_fewer(tmp_path: Path) -> None:
    paths = []
    for number, size in enumerate([400, 400, 400, 2_000, 10]):
        path = tmp_path / str(number)
        path.write_bytes(bytes(size))
        paths.append(path)
    found = [[path.name for path in batch] for batch in batches(paths, most_bytes=1_000)]
    assert found == [["0", "1"], ["2"], ["3"], ["4"]]
