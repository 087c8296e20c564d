"""What is wrong with a data set, found before anything is sent."""

from pathlib import Path

import pytest
from tests.conftest import make_settings
from tests.pictures import encoded, jpeg, picture

from classifr.cli.datasets.checks import Finding, Level, check_dataset
from classifr.cli.datasets.labelled import TRAIN_PARTS, read_labelled


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Sixty fine images of each of two tags."""
    folder = tmp_path / "album"
    for tag, start in (("pizza", 0), ("risotto", 100)):
        (folder / tag).mkdir(parents=True)
        for number in range(60):
            image = picture(64, 64, seed=start + number)
            (folder / tag / f"{number}.jpg").write_bytes(encoded(image))
    return folder


def findings(folder: Path, *, is_multilabel: bool = False) -> list[Finding]:
    dataset = read_labelled(folder, None, part=TRAIN_PARTS)
    settings = make_settings(folder / ".data")
    seen: list[int] = []
    found = check_dataset(
        dataset, settings, is_multilabel=is_multilabel, advance=lambda: seen.append(1)
    )
    assert len(seen) == len(dataset.images)
    return found


def kinds(found: list[Finding]) -> list[tuple[str, Level]]:
    return [(finding.kind, finding.level) for finding in found]


def test_nothing_is_wrong_with_a_fine_album(album: Path) -> None:
    assert findings(album) == []


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (jpeg()[:300], "ErrorImageFormat"),
        (b"not an image", "ErrorImageFormat"),
        (b"", "ErrorImageSize"),
        (bytes(7 * 1024**2), "ErrorImageSize"),
        (encoded(picture(2600, 100)), "ErrorImageDimensions"),
    ],
)
def test_what_would_be_refused_is_an_error(album: Path, data: bytes, status: str) -> None:
    (album / "pizza" / "bad.jpg").write_bytes(data)
    (finding,) = findings(album)
    assert (finding.kind, finding.level) == ("refused", Level.ERROR)
    assert finding.detail.startswith(status)
    assert finding.files == (str(album / "pizza" / "bad.jpg"),)


def test_the_same_image_under_two_tags_is_an_error(album: Path) -> None:
    twice = (album / "pizza" / "0.jpg").read_bytes()
    (album / "risotto" / "again.jpg").write_bytes(twice)
    (finding,) = findings(album)
    assert (finding.kind, finding.level) == ("several_tags", Level.ERROR)
    assert len(finding.files) == 2
    assert kinds(findings(album, is_multilabel=True)) == [("duplicate", Level.WARNING)]


def test_the_same_image_twice_is_a_warning(album: Path) -> None:
    (album / "pizza" / "again.jpg").write_bytes((album / "pizza" / "0.jpg").read_bytes())
    assert kinds(findings(album)) == [("duplicate", Level.WARNING)]


def test_a_test_image_to_be_learned_from_is_a_warning(album: Path) -> None:
    parted = album.parent / "parted"
    (parted / "Test" / "pizza").mkdir(parents=True)
    album.rename(parted / "Train")
    learned = (parted / "Train" / "pizza" / "0.jpg").read_bytes()
    (parted / "Test" / "pizza" / "new.jpg").write_bytes(jpeg())
    assert findings(parted) == []
    again = parted / "Test" / "pizza" / "again.jpg"
    again.write_bytes(learned)
    (finding,) = findings(parted)
    assert (finding.kind, finding.level) == ("in_test", Level.WARNING)
    assert finding.files == (str(again),)


def test_too_few_images_are_an_error_and_few_a_warning(album: Path) -> None:
    for tag, number in (("gnocchi", 4), ("cannoli", 20)):
        (album / tag).mkdir()
        for seed in range(number):
            image = picture(64, 64, seed=1000 * number + seed)
            (album / tag / f"{seed}.jpg").write_bytes(encoded(image))
    assert kinds(findings(album)) == [
        ("too_few_images", Level.ERROR),
        ("few_images", Level.WARNING),
        ("unbalanced", Level.WARNING),
    ]


def test_one_tag_is_too_few(album: Path) -> None:
    for file in (album / "risotto").iterdir():
        file.unlink()
    assert kinds(findings(album)) == [("too_few_tags", Level.ERROR)]


def test_tiny_and_untagged_images_are_warnings(album: Path) -> None:
    (album / "pizza" / "tiny.jpg").write_bytes(jpeg(40, 30))
    (album / "top.jpg").write_bytes(jpeg())
    assert kinds(findings(album)) == [
        ("too_small", Level.WARNING),
        ("untagged", Level.WARNING),
    ]


def test_files_that_a_csv_file_names_in_vain_are_an_error(album: Path) -> None:
    rows = [f"{tag}/{number}.jpg,{tag}" for tag in ("pizza", "risotto") for number in range(60)]
    (album / "labels.csv").write_text("\n".join(["file,tag", *rows, "gone.jpg,pizza"]))
    assert kinds(findings(album)) == [("missing", Level.ERROR)]
