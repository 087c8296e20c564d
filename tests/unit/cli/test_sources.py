"""Which images the arguments of `classifr predict` mean."""

import os
from pathlib import Path

import pytest

from classifr.cli.failures import CommandError
from classifr.cli.sources import image_names, is_address, read_image
from classifr.errors import ImageTooLarge


def test_a_folder_means_its_images_sorted_at_any_depth(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.PNG", "notes.txt", "sub/deep/c.webp", ".hidden.jpg", ".git/d.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = [os.path.relpath(name, tmp_path) for name in image_names([str(tmp_path)])]
    assert found == ["a.PNG", "b.jpg", "sub/deep/c.webp"]


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    (tmp_path / "loop").symlink_to(tmp_path)
    assert len(list(image_names([str(tmp_path)]))) == 1


def test_files_keep_their_order_whatever_they_are_called() -> None:
    assert list(image_names(["z.jpg", "a", "-", "http://x/y"])) == ["z.jpg", "a", "-", "http://x/y"]


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no image"):
        list(image_names([str(tmp_path)]))


def test_stdin_is_read_once() -> None:
    with pytest.raises(CommandError, match="once"):
        list(image_names(["-", "-"]))


def test_addresses_are_told_from_paths() -> None:
    assert is_address("https://example.com/a.jpg")
    assert not is_address("photos/a:b.jpg")


async def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "large.jpg"
    with file.open("wb") as sparse:
        sparse.truncate(50 * 1024**3)
    with pytest.raises(ImageTooLarge):
        await read_image(str(file), max_bytes=1000)
    assert len(await read_image(os.devnull, max_bytes=1000)) == 0


async def test_what_has_no_size_is_read_up_to_the_limit() -> None:
    with pytest.raises(ImageTooLarge):
        await read_image("/dev/zero", max_bytes=1000)
