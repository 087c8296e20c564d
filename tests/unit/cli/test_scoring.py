"""Answers for labelled images, scored, and shown as one HTML file."""

import re
from pathlib import Path

import pytest
from tests.pictures import jpeg

from classifr.cli.client.api import Json
from classifr.cli.datasets.labelled import LabelledImage
from classifr.cli.evaluation.page import evaluation_page
from classifr.cli.evaluation.scoring import Answered, Scored, compare, report, score

TAGS = ("pizza", "risotto")


def answered(name: str, tag: str, pizza: float) -> Answered:
    image = LabelledImage(Path(name), (tag,))
    return Answered(image, {"pizza": pizza, "risotto": 1 - pizza})


def scored(*answers: Answered, threshold: float = 0.5) -> Scored:
    return score(answers, TAGS, is_multilabel=False, threshold=threshold)


FOUR = (
    answered("1", "pizza", 0.9),
    answered("2", "pizza", 0.2),
    answered("3", "risotto", 0.4),
    answered("4", "risotto", 0.1),
)


def test_the_numbers_are_those_that_a_person_counts() -> None:
    found = report(scored(*FOUR))
    assert found["image_count"] == 4
    assert found["top1"] == 0.75
    assert found["overall"]["precision"] == found["overall"]["recall"] == 0.75
    pizza, risotto = found["per_tag"]
    assert (pizza["name"], pizza["precision"], pizza["recall"]) == ("pizza", 1.0, 0.5)
    assert risotto["precision"] == pytest.approx(2 / 3)
    assert risotto["recall"] == 1.0
    assert found["confusion"] == {"tags": ["pizza", "risotto"], "counts": [[1, 1, 0], [0, 2, 0]]}
    # Four bins of one image each: said 0.9, 0.8, 0.6, 0.9; the second is wrong.
    assert found["calibration_error"] == pytest.approx((0.1 + 0.8 + 0.4 + 0.1) / 4, abs=0.05)
    (mistake,) = found["mistakes"]
    assert mistake == {
        "file": "2",
        "actual": ["pizza"],
        "predicted": "risotto",
        "probability": pytest.approx(0.8),
    }


def test_the_threshold_acts_on_precision_and_recall_alone() -> None:
    found = report(scored(*FOUR, threshold=0.85))
    assert found["top1"] == 0.75
    assert found["overall"]["precision"] == 1.0
    assert found["overall"]["recall"] == 0.5


def test_images_of_unknown_tags_are_left_out_and_counted() -> None:
    found = report(scored(*FOUR, answered("5", "gnocchi", 0.5), answered("6", "gnocchi", 0.5)))
    assert found["image_count"] == 4
    assert found["unknown_tags"] == {"gnocchi": 2}


def test_the_better_iteration_is_told_from_the_worse() -> None:
    right = scored(*(answered(str(n), "pizza", 0.9) for n in range(100)))
    wrong = scored(*(answered(str(n), "pizza", 0.1 if n % 2 else 0.9) for n in range(100)))
    found = compare(right, wrong)
    assert found["verdict"] == "better"
    assert found["overall"]["difference"] == 50
    assert found["sentence"].startswith("Better: +50 points")
    assert compare(wrong, right)["verdict"] == "worse"
    assert compare(right, right)["overall"]["difference"] == 0


def page(tmp_path: Path, **changes: object) -> str:
    photo = tmp_path / "<b>photo.jpg"
    photo.write_bytes(jpeg(640, 480))
    found: Json = {
        "project": "<script>alert(1)</script>",
        "iteration": "Iteration 1",
        "iteration_id": "x",
        "folder": "photos & more",
        **report(scored(*FOUR)),
        "refused": [{"file": "x", "status": "y"}],
        "comparison": {"with": "Iteration <0>", "sentence": "Better & more."},
        **changes,
    }
    found["mistakes"] = [
        {"file": str(photo), "actual": ["a<b"], "predicted": "c>d", "probability": 0.8},
        {"file": str(tmp_path / "gone.jpg"), "actual": ["a"], "predicted": "b", "probability": 0.7},
    ]
    return evaluation_page(found)


def test_the_page_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    html = page(tmp_path)
    assert "<script" not in html
    assert not re.findall(r"(?:src|href)=\"(?!data:image/jpeg;base64,)", html)
    assert "url(" not in html
    assert "http://" not in html.replace("http-equiv", "")
    assert "default-src 'none'" in html
    assert html.count("<img") == 1
    assert len(html) < 30_000


def test_the_page_escapes_what_people_wrote(tmp_path: Path) -> None:
    html = page(tmp_path)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<b>photo" not in html
    assert "a&lt;b" in html
    assert "Iteration &lt;0&gt;" in html
    assert "photos &amp; more" in html
