"""Suggested tags for images without one."""

import json
from collections.abc import Sequence
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, select
from tests.api.customvision.dialect import assert_refused
from tests.api.customvision.published import Published
from tests.pictures import jpeg
from tests.trained import make_iteration

from classifr.database.models import Embedding, TrainingImage
from classifr.kinds import IterationStatus
from classifr.state import State
from classifr.vision.local import suggestions
from classifr.vision.port import BUILTIN_PROJECT_ID, IMAGENET_ITERATION_ID
from classifr.vision.values import NewImage


@pytest.fixture
async def images(state: State, published: Published) -> list[UUID]:
    """Five untagged images."""
    return await add(state, published, range(5))


async def add(
    state: State, published: Published, seeds: Sequence[int], *tag_ids: UUID
) -> list[UUID]:
    async with state.database.transaction() as session:
        workspace = state.vision.workspace(session)
        new = [NewImage(f"{seed}.jpg", jpeg(seed=seed), tag_ids) for seed in seeds]
        results = await workspace.images.add(published.project_id, new)
    return [result.image.id for result in results if result.image]


async def embedded(state: State) -> int:
    async with state.database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(Embedding)) or 0


async def suggest(
    client: httpx.AsyncClient, published: Published, ids: Sequence[UUID]
) -> httpx.Response:
    return await client.post(
        f"{published.project}/tagsandregions/suggestions",
        params={
            "iterationId": str(published.iteration_id),
            "imageIds": ",".join(map(str, ids)),
        },
    )


async def query(client: httpx.AsyncClient, published: Published, **token: object) -> dict:
    path = f"{published.project}/images/suggested?iterationId={published.iteration_id}"
    response = await client.post(path, json=token)
    assert response.status_code == 200, response.text
    return response.json()


async def count(client: httpx.AsyncClient, published: Published, **chosen: object) -> dict:
    path = f"{published.project}/images/suggested/count?iterationId={published.iteration_id}"
    response = await client.post(path, json=chosen)
    assert response.status_code == 200, response.text
    return response.json()


async def test_suggestions_are_what_a_quick_test_answers(
    training: httpx.AsyncClient, published: Published, images: list[UUID], state: State
) -> None:
    response = await suggest(training, published, images[:2])
    assert response.status_code == 200, response.text
    found = response.json()
    assert [suggestion["id"] for suggestion in found] == [str(image) for image in images[:2]]
    for seed, suggestion in enumerate(found):
        tested = await training.post(
            f"{published.project}/quicktest/image",
            params={"iterationId": str(published.iteration_id), "store": False},
            content=jpeg(seed=seed),
        )
        for mine, theirs in zip(
            suggestion["predictions"], tested.json()["predictions"], strict=True
        ):
            assert mine["tagId"] == theirs["tagId"]
            assert mine["probability"] == pytest.approx(theirs["probability"], abs=1e-5)
        assert suggestion["project"] == str(published.project_id)
        assert suggestion["iteration"] == str(published.iteration_id)
        assert 0 <= suggestion["predictionUncertainty"] <= 1
    assert await embedded(state) == 2


async def test_what_is_embedded_is_not_read_again(
    training: httpx.AsyncClient, published: Published, images: list[UUID], state: State
) -> None:
    first = await suggest(training, published, images)
    for found in [found async for found in state.storage.list("training/")]:
        await state.storage.delete(found.key)
    again = await suggest(training, published, images)
    assert [one["predictions"] for one in again.json()] == [
        one["predictions"] for one in first.json()
    ]


async def test_image_whose_file_is_gone_is_left_out(
    training: httpx.AsyncClient, published: Published, images: list[UUID], state: State
) -> None:
    async with state.database.transaction() as session:
        row = await session.get_one(TrainingImage, images[1])
    await state.storage.delete(row.image_key)
    found = (await suggest(training, published, images[:3])).json()
    assert [suggestion["id"] for suggestion in found] == [str(images[0]), str(images[2])]
    assert (await suggest(training, published, images[1:2])).json() == []


async def test_untagged_images_are_counted_by_tag(
    training: httpx.AsyncClient,
    published: Published,
    images: list[UUID],
    tags: dict[str, UUID],
    state: State,
) -> None:
    tagged = await add(state, published, [90], tags["cannoli"])
    await suggest(training, published, tagged)
    found = (await suggest(training, published, images)).json()
    likeliest = [suggestion["predictions"][0]["tagId"] for suggestion in found]
    expected = {str(tag): likeliest.count(str(tag)) for tag in tags.values()}
    assert await count(training, published, threshold=0.5) == expected
    other = str(uuid4())
    chosen = [str(tags["cannoli"]), other]
    assert await count(training, published, tagIds=chosen, threshold=0.5) == {
        str(tags["cannoli"]): expected[str(tags["cannoli"])],
        other: 0,
    }
    assert await count(training, published) == dict.fromkeys(expected, 5)


@pytest.mark.parametrize("order", ["UncertaintyAscending", "UncertaintyDescending"])
async def test_untagged_images_are_found_page_by_page(
    training: httpx.AsyncClient,
    published: Published,
    images: list[UUID],
    tags: dict[str, UUID],
    state: State,
    order: str,
) -> None:
    tagged = await add(state, published, [90], tags["cannoli"])
    await suggest(training, published, tagged)
    token: dict = {"maxCount": 2, "sortBy": order}
    seen: list[tuple[float, str]] = []
    for size in (2, 2, 1):
        page = await query(training, published, **token)
        assert len(page["results"]) == size
        for result in page["results"]:
            seen.append((result["predictionUncertainty"], result["id"]))
            assert (result["width"], result["height"]) == (96, 64)
            assert result["domain"]
            for name in ("originalImageUri", "resizedImageUri", "thumbnailUri"):
                assert result[name].startswith("http://classifr.test/customvision/files/")
        token = page["token"]
    assert token["continuation"] is None
    assert token["session"]
    assert sorted(seen, reverse=order.endswith("Descending")) == seen
    assert {image for _, image in seen} == {str(image) for image in images}


async def test_images_are_found_by_tag_and_threshold(
    training: httpx.AsyncClient,
    published: Published,
    images: list[UUID],
    tags: dict[str, UUID],
) -> None:
    found = (await suggest(training, published, images)).json()
    cannoli = str(tags["cannoli"])
    likely = {
        suggestion["id"]: tag["probability"]
        for suggestion in found
        for tag in suggestion["predictions"]
        if tag["tagId"] == cannoli
    }
    threshold = sorted(likely.values())[2]
    page = await query(training, published, tagIds=[cannoli], threshold=threshold - 1e-9)
    assert {result["id"] for result in page["results"]} == {
        image for image, probability in likely.items() if probability >= threshold
    }
    assert page["token"]["tagIds"] == [cannoli]
    assert (await query(training, published, tagIds=[str(uuid4())]))["results"] == []


async def test_search_embeds_a_few_at_a_time(
    training: httpx.AsyncClient,
    published: Published,
    images: list[UUID],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(suggestions, "EMBEDDED_BY_SEARCH", 2)
    sizes = [len((await query(training, published))["results"]) for _ in range(4)]
    assert sizes == [2, 4, 5, 5]


async def test_suggestions_that_cannot_be_are_refused(
    training: httpx.AsyncClient, published: Published, images: list[UUID], state: State
) -> None:
    failed = await make_iteration(state, published.project_id, status=IterationStatus.FAILED)
    paths = {
        "tagsandregions/suggestions": {"imageIds": str(images[0])},
        "images/suggested": {},
        "images/suggested/count": {},
    }
    for path, params in paths.items():
        for project, iteration, status, code in (
            (uuid4(), published.iteration_id, 404, "NotFoundProject"),
            (BUILTIN_PROJECT_ID, IMAGENET_ITERATION_ID, 404, "NotFoundProject"),
            (published.project_id, uuid4(), 404, "NotFoundIteration"),
            (published.project_id, failed, 400, "BadRequestIterationIsNotTrained"),
            (published.project_id, "first", 400, "BadRequestInvalidIds"),
        ):
            response = await training.post(
                f"/projects/{project}/{path}",
                params={**params, "iterationId": str(iteration)},
                json={},
            )
            assert_refused(response, status, code)
        response = await training.post(f"{published.project}/{path}", params=params, json={})
        assert_refused(response, 400, "BadRequestRequiredParamIsNull")
    assert_refused(await suggest(training, published, [uuid4()]), 404, "NotFoundImage")
    many = await suggest(training, published, [uuid4() for _ in range(65)])
    assert_refused(many, 400, "BadRequestExceededBatchSize")
    path = f"{published.project}/images/suggested?iterationId={published.iteration_id}"
    invalid = "BadRequestPredictionInvalidQueryParameters"
    for token, code in (
        ({"maxCount": -1}, invalid),
        ({"maxCount": 2**31}, "BadRequestPredictionResultsExceededCount"),
        ({"sortBy": "Best"}, "BadRequest"),
        ({"threshold": "high"}, "BadRequest"),
        ({"continuation": "elsewhere"}, invalid),
        ({"continuation": "1_x"}, invalid),
        ({"session": "\ud800"}, "BadRequest"),
    ):
        response = await training.post(path, content=json.dumps(token))
        assert_refused(response, 400, code)
