"""Reports on iterations, and comparisons of one with another."""

from uuid import UUID, uuid4

import httpx
import numpy as np
import pytest
from sqlalchemy import text
from tests.api.clients import assert_error
from tests.trained import (
    held_out_sha256,
    make_classifier,
    make_images,
    make_iteration,
    make_project,
    put_evaluation,
)

from classifr.database.models import Embedding
from classifr.engine.backbones.backbone import EFFICIENTNET_LITE0
from classifr.engine.learning.features import to_features
from classifr.engine.learning.head import HeadKind, probabilities
from classifr.kinds import IterationStatus
from classifr.state import State
from classifr.vision.local.iterations.files import evaluation_key
from classifr.vision.local.publishing import service as publishing

PATH = "/projects/Dishes/iterations"
TAGS = ("cannoli", "pizza", "risotto")

SHOWN = [["cannoli"], ["cannoli"], ["cannoli"], ["pizza"], ["pizza"]]
SAID = [
    (0.9, 0.05, 0.05),
    (0.6, 0.3, 0.1),
    (0.1, 0.8, 0.1),  # Taken for pizza.
    (0.2, 0.7, 0.1),
    (0.4, 0.35, 0.25),  # Not sure of anything.
]


@pytest.fixture
async def project_id(state: State) -> UUID:
    return await make_project(state, tags=TAGS)


@pytest.fixture
async def images(state: State, project_id: UUID) -> list[UUID]:
    return await make_images(state, project_id, SHOWN)


@pytest.fixture
async def judged(state: State, project_id: UUID, images: list[UUID]) -> UUID:
    """An iteration that said `SAID`."""
    iteration = await make_iteration(state, project_id)
    await put_evaluation(state, iteration, images, SAID)
    return iteration


async def report(client: httpx.AsyncClient, query: str = "") -> dict:
    response = await client.get(f"{PATH}/latest/report{query}")
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.usefixtures("judged")
async def test_report_has_the_numbers_at_the_threshold(admin: httpx.AsyncClient) -> None:
    found = await report(admin)
    assert (found["threshold"], found["image_count"]) == (0.5, 5)
    assert found["top1"] == 3 / 5
    cannoli, pizza, risotto = found["per_tag"]
    assert [tag["name"] for tag in found["per_tag"]] == list(TAGS)
    assert (cannoli["images"], cannoli["predicted"], cannoli["true_positives"]) == (3, 2, 2)
    assert (cannoli["precision"], cannoli["recall"]) == (1.0, pytest.approx(2 / 3))
    assert (pizza["precision"], pizza["recall"]) == (0.5, 0.5)
    assert pizza["average_precision"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert risotto["images"] == 0
    # What is not defined is null, not a zero and not a crash.
    assert risotto["precision"] is risotto["recall"] is risotto["average_precision"] is None
    assert found["overall"]["precision"] == 3 / 4
    assert found["overall"]["recall"] == 3 / 5
    assert found["confusion"]["counts"] == [[2, 1, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0]]
    assert found["curves"] is None
    assert sum(band["count"] for band in found["calibration"]) == 5


@pytest.mark.usefixtures("judged")
async def test_another_threshold_gives_other_numbers(admin: httpx.AsyncClient) -> None:
    found = await report(admin, "?threshold=0.85")
    cannoli, pizza, _ = found["per_tag"]
    assert (cannoli["precision"], cannoli["recall"]) == (1.0, pytest.approx(1 / 3))
    assert (pizza["precision"], pizza["recall"]) == (None, 0.0)
    assert found["confusion"]["counts"] == [[1, 0, 0, 2], [0, 0, 0, 2], [0, 0, 0, 0]]
    # Average precision is of all thresholds.
    assert pizza["average_precision"] == (await report(admin))["per_tag"][1]["average_precision"]
    for wrong in ("1.5", "-0.1", "x", "nan"):
        response = await admin.get(f"{PATH}/latest/report?threshold={wrong}")
        assert_error(response, 422, "unprocessable")


@pytest.mark.usefixtures("judged")
async def test_curves_come_if_asked_for(admin: httpx.AsyncClient) -> None:
    cannoli, pizza, risotto = (await report(admin, "?curves=true"))["curves"]
    assert cannoli["points"][0] == {"threshold": 0.9, "precision": 1.0, "recall": 1 / 3}
    assert [point["recall"] for point in pizza["points"]][-1] == 1.0
    assert risotto["points"] == []


async def test_mistakes_come_surest_first_and_deleted_images_are_marked(
    admin: httpx.AsyncClient, state: State, images: list[UUID], judged: UUID
) -> None:
    mistakes = (await report(admin))["mistakes"]
    assert [(one["actual"]["name"], one["predicted"]["name"]) for one in mistakes] == [
        ("cannoli", "pizza"),
        ("pizza", "cannoli"),
    ]
    assert [one["probability"] for one in mistakes] == [0.8, 0.4]
    assert [one["image_id"] for one in mistakes] == [str(images[2]), str(images[4])]
    assert not any(one["is_deleted"] for one in mistakes)
    async with state.database.transaction() as session:
        await session.execute(text("delete from training_images where id = :id"), {"id": images[2]})
    assert [one["is_deleted"] for one in (await report(admin))["mistakes"]] == [True, False]


async def test_cells_of_the_confusion_matrix_open_their_images(
    admin: httpx.AsyncClient, images: list[UUID], judged: UUID
) -> None:
    ids = {tag["name"]: tag["id"] for tag in (await report(admin))["per_tag"]}

    async def cell(actual: str, predicted: str, threshold: float = 0.5) -> list[str]:
        query = {
            "actual": ids.get(actual, actual),
            "predicted": ids.get(predicted, predicted),
            "threshold": threshold,
        }
        response = await admin.get(f"{PATH}/{judged}/report/images", params=query)
        assert response.status_code == 200, response.text
        body = response.json()
        assert body["count"] == len(body["items"])
        return [item["image_id"] for item in body["items"]]

    first, second, third, _, fifth = map(str, images)
    assert await cell("cannoli", "cannoli") == [first, second]
    assert await cell("cannoli", "pizza") == [third]
    assert await cell("pizza", "none") == [fifth]
    assert sorted(await cell("cannoli", "none", 0.85)) == sorted([second, third])
    assert await cell("none", "pizza") == [third]
    assert await cell("risotto", "cannoli") == []
    unknown = {"actual": str(uuid4()), "predicted": "none"}
    response = await admin.get(f"{PATH}/{judged}/report/images", params=unknown)
    assert_error(response, 404, "tag_not_found")
    response = await admin.get(f"{PATH}/{judged}/report/images?actual=x&predicted=none")
    assert_error(response, 422, "unprocessable")


async def test_renamed_tag_has_its_new_name_in_old_reports(
    admin: httpx.AsyncClient, project_id: UUID, judged: UUID
) -> None:
    tags = (await admin.get(f"/projects/{project_id}/tags")).json()["items"]
    pizza = next(tag["id"] for tag in tags if tag["name"] == "pizza")
    response = await admin.patch(f"/projects/{project_id}/tags/{pizza}", json={"name": "Pizza"})
    assert response.status_code == 200, response.text
    assert [tag["name"] for tag in (await report(admin))["per_tag"]] == [
        "cannoli",
        "Pizza",
        "risotto",
    ]


async def test_multilabel_reports_count_every_tag(
    admin: httpx.AsyncClient, state: State, project_id: UUID
) -> None:
    images = await make_images(state, project_id, [["cannoli", "pizza"], ["pizza"], []])
    iteration = await make_iteration(state, project_id)
    said = [(0.9, 0.2, 0.1), (0.8, 0.9, 0.1), (0.1, 0.1, 0.6)]
    await put_evaluation(state, iteration, images, said, kind=HeadKind.MULTILABEL)
    found = await report(admin)
    assert found["confusion"] is None
    cannoli, pizza, risotto = found["per_tag"]
    assert (cannoli["precision"], cannoli["recall"]) == (0.5, 1.0)
    assert (pizza["precision"], pizza["recall"]) == (1.0, 0.5)
    assert (risotto["precision"], risotto["recall"]) == (0.0, None)
    assert [tag["name"] for tag in found["mistakes"][0]["actual_tags"]] == []
    query = {"actual": pizza["id"], "predicted": "none"}
    missed = (await admin.get(f"{PATH}/latest/report/images", params=query)).json()
    assert [item["image_id"] for item in missed["items"]] == [str(images[0])]
    query = {"actual": "none", "predicted": cannoli["id"]}
    wrong = (await admin.get(f"{PATH}/latest/report/images", params=query)).json()
    assert [item["image_id"] for item in wrong["items"]] == [str(images[1])]


@pytest.mark.parametrize("route", ["report", "compare?with=latest", "export"])
async def test_what_is_not_trained_has_no_report(
    admin: httpx.AsyncClient, state: State, project_id: UUID, route: str
) -> None:
    failed = await make_iteration(state, project_id, status=IterationStatus.FAILED)
    response = await admin.get(f"{PATH}/{failed}/{route}")
    assert_error(response, 409, "iteration_not_trained")
    response = await admin.get(f"/projects/ImageNet/iterations/ImageNet/{route}")
    assert_error(response, 409, "builtin_project")
    assert_error(await admin.get(f"{PATH}/nothing/{route}"), 404, "iteration_not_found")
    assert_error(await admin.get(f"/projects/no/iterations/x/{route}"), 404, "project_not_found")


async def test_lost_or_damaged_evaluation_is_said_to_be_so(
    admin: httpx.AsyncClient, state: State, project_id: UUID
) -> None:
    iteration = await make_iteration(state, project_id)
    for damage in (None, b"", b"PK\x03\x04nonsense"):
        if damage is not None:
            await state.storage.put(evaluation_key(iteration), damage)
        detail = assert_error(
            await admin.get(f"{PATH}/latest/report"), 409, "iteration_not_trained"
        )
        assert "Train again" in detail


async def test_report_without_held_out_images_has_no_numbers(
    admin: httpx.AsyncClient, state: State, project_id: UUID
) -> None:
    iteration = await make_iteration(state, project_id)
    await put_evaluation(state, iteration, [], [])
    found = await report(admin, "?curves=true")
    assert found["image_count"] == 0
    assert found["top1"] is found["calibration_error"] is None
    assert found["overall"]["precision"] is found["overall"]["average_precision"] is None
    assert found["mistakes"] == found["calibration"] == []


async def compare(client: httpx.AsyncClient, iteration: object, query: str = "") -> dict:
    response = await client.get(f"{PATH}/{iteration}/compare{query}")
    assert response.status_code == 200, response.text
    return response.json()


async def test_comparison_says_what_is_gained_and_lost(
    admin: httpx.AsyncClient, state: State, project_id: UUID, images: list[UUID], judged: UUID
) -> None:
    better = await make_iteration(state, project_id)
    said = [(0.9, 0.1, 0), (0.2, 0.8, 0), (0.9, 0.1, 0), (0.1, 0.9, 0), (0.1, 0.9, 0)]
    await put_evaluation(state, better, images, said)
    found = await compare(admin, better, f"?with={judged}")
    assert found["with"] == {"id": str(judged), "name": "Iteration 1"}
    assert found["image_count"] == 5
    assert found["overall"]["before"] == 3 / 5
    assert found["overall"]["after"] == 4 / 5
    assert found["overall"]["difference"] == pytest.approx(20)
    assert found["overall"]["low"] < 0 < found["overall"]["high"]
    assert found["verdict"] == "no clear difference"
    assert "5 images" in found["sentence"]
    cannoli, pizza = found["per_tag"]
    assert (cannoli["name"], cannoli["gained"], cannoli["lost"]) == ("cannoli", 1, 1)
    assert (pizza["before"], pizza["after"], pizza["difference"]) == (0.5, 1.0, 50.0)
    assert found["new_tags"] == found["lost_tags"] == []


async def test_tags_that_only_one_knows_stand_apart(
    admin: httpx.AsyncClient, state: State, project_id: UUID, images: list[UUID], judged: UUID
) -> None:
    await admin.post(f"/projects/{project_id}/tags", json={"name": "arancini"})
    more = await make_images(state, project_id, [["arancini"]] * 3, first=100)
    newer = await make_iteration(state, project_id)
    said = [(0, *row) for row in SAID] + [(1.0, 0, 0, 0)] * 3
    await put_evaluation(state, newer, [*images, *more], said)
    found = await compare(admin, newer, f"?with={judged}")
    assert found["new_tags"] == ["arancini"]
    assert found["image_count"] == 5
    assert found["overall"]["difference"] == 0
    assert "arancini" in found["sentence"]
    back = await compare(admin, judged, f"?with={newer}")
    assert back["lost_tags"] == ["arancini"]


async def store_embeddings(
    state: State, numbers: range, backbone: str = EFFICIENTNET_LITE0.key
) -> np.ndarray:
    vectors = np.random.default_rng(7).normal(size=(len(numbers), 1280)).astype(np.float32)
    async with state.database.transaction() as session:
        session.add_all(
            Embedding(sha256=held_out_sha256(number), backbone=backbone, vector=vector.tobytes())
            for number, vector in zip(numbers, vectors, strict=True)
        )
    return vectors


async def test_images_added_since_are_asked_of_the_head_that_was_judged(
    admin: httpx.AsyncClient, state: State, project_id: UUID, images: list[UUID], judged: UUID
) -> None:
    """The older iteration did not see them; its embeddings are in the database."""
    later = await make_images(state, project_id, [["pizza"]] * 8, first=200)
    vectors = await store_embeddings(state, range(200, 207))  # One has none.
    newer = await make_iteration(state, project_id)
    said = [*SAID, *[(0.1, 0.8, 0.1)] * 8]
    await put_evaluation(state, newer, [*images, *later], said)
    found = await compare(admin, newer, f"?with={judged}")
    assert found["image_count"] == 12
    head = make_classifier(TAGS, seed=0).head
    right = (probabilities(head, to_features(vectors)).argmax(axis=1) == 1).sum()
    assert 0 < right < 7
    assert found["overall"]["before"] == pytest.approx((3 + right) / 12)
    assert found["overall"]["after"] == pytest.approx((3 + 7) / 12)


async def test_deleted_and_retagged_images_count_as_they_are_now(
    admin: httpx.AsyncClient, state: State, project_id: UUID, images: list[UUID], judged: UUID
) -> None:
    other = await make_iteration(state, project_id)
    await put_evaluation(state, other, images, SAID)
    response = await admin.delete(f"/projects/{project_id}/images", params={"id": str(images[0])})
    assert response.status_code == 200, response.text
    tags = (await admin.get(f"/projects/{project_id}/tags")).json()["items"]
    pizza = next(tag["id"] for tag in tags if tag["name"] == "pizza")
    retag = {"image_ids": [str(images[2])], "add": [pizza]}
    response = await admin.post(f"/projects/{project_id}/images/tags", json=retag)
    assert response.status_code == 200, response.text
    found = await compare(admin, other, f"?with={judged}")
    assert found["image_count"] == 4
    assert found["overall"]["after"] == 3 / 4


async def test_comparison_is_with_the_published_one_unless_another_is_named(
    admin: httpx.AsyncClient, state: State, project_id: UUID, images: list[UUID], judged: UUID
) -> None:
    second, third = [await make_iteration(state, project_id) for _ in range(2)]
    for iteration in (second, third):
        await put_evaluation(state, iteration, images, SAID)
    assert_error(await admin.get(f"{PATH}/{third}/compare"), 404, "not_published")
    for iteration in (judged, second):
        async with state.database.transaction() as session:
            await publishing.publish(
                session, project_id, iteration, name="default", username="admin", replace=True
            )
    assert (await compare(admin, third))["with"]["id"] == str(second)
    # The published one itself, with what it replaced.
    assert (await compare(admin, second))["with"]["id"] == str(judged)
    assert (await compare(admin, third, "?with=Iteration 1"))["with"]["id"] == str(judged)


async def test_only_trainers_see_reports(
    lucia: httpx.AsyncClient, anonymous: httpx.AsyncClient, judged: UUID
) -> None:
    for route in ("report", "compare", "export"):
        assert_error(await lucia.get(f"{PATH}/{judged}/{route}"), 403, "admin_only")
        assert_error(await anonymous.get(f"{PATH}/{judged}/{route}"), 401, "not_signed_in")
