"""What is said of a data set."""

from pathlib import Path

import pytest

from classifr.cli.datasets.summaries import project_name


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("photos", "photos"),
        ("photos/Train", "photos"),
        ("photos/Train/..", "photos"),
        ("photos.zip", "photos"),
        (".", "here"),
        ("link", "link"),
        ("link/Train", "link"),
    ],
)
def test_a_project_is_called_as_its_folder_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, name: str
) -> None:
    here = tmp_path / "here"
    (here / "photos" / "Train").mkdir(parents=True)
    (here / "photos.zip").touch()
    (here / "link").symlink_to("photos")
    monkeypatch.chdir(here)
    assert project_name(Path(source)) == name
