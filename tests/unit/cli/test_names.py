"""File names that every system takes, whatever a tag is called."""

import pytest

from classifr.cli.datasets.names import Names, safe_name

ORDINARY = ["pizza", "tiramisù", "Käse & Brot", "日本", "🍕", "c; rm"]


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_name_stays(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *(
            "..",
            ".",
            "",
            " ",
            "../../etc/passwd",
            "/etc",
            "C:\\x",
            "a/b",
            "a\0b",
            "a\nb",
            "-rf",
            "~",
        ),
        *("con", "NUL.txt", "Com1", ".hidden", "x" * 5000, "é" * 200, "a<b>|c?*", "trailing. "),
        *("\u202egpj.exe", "\ud800", "=cmd", "+1", "@x"),
    ],
)
def test_any_name_becomes_one_harmless_file(name: str) -> None:
    safe = safe_name(name)
    assert 1 <= len(safe.encode()) <= 101
    assert not set('/\\:*?"<>|\0\n\u202e') & set(safe)
    assert safe == safe.strip(" .")
    assert not safe.startswith((".", "-", "~", "=", "+", "@"))
    assert safe.casefold() not in {"con", "nul", "com1", "nul.txt"}
    assert safe_name(safe) == safe


def test_names_differ_in_more_than_case() -> None:
    names = Names()
    assert [names.take(name) for name in ["a.jpg", "A.jpg", "a.jpg", "b", "B", ".x"]] == [
        *("a.jpg", "A-2.jpg", "a-3.jpg", "b", "B-2", ".x"),
    ]
