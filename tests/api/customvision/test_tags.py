"""Tags in Custom Vision's dialect."""

from uuid import UUID, uuid4

import httpx
import pytest
from tests.api.customvision.dialect import assert_refused
from tests.trained import make_iteration, make_project

from classifr.state import State


@pytest.fixture
async def tags(state: State) -> str:
    """The address of the tags of a project without any."""
    return f"/projects/{await make_project(state, tags=())}/tags"


async def create(training: httpx.AsyncClient, tags: str, name: str, **params: str) -> dict:
    answer = await training.post(tags, params={"name": name, **params})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_tag_is_what_was_said_of_it(training: httpx.AsyncClient, tags: str) -> None:
    pizza = await create(training, tags, "pizza ")
    assert pizza == {
        "id": pizza["id"],
        "name": "pizza",
        "description": "",
        "type": "Regular",
        "imageCount": 0,
    }
    other = await create(training, tags, "Other", description="None", type="NEGATIVE")
    assert (other["type"], other["description"]) == ("Negative", "None")
    assert (await training.get(f"{tags}/{other['id']}")).json() == other
    assert (await training.get(tags)).json() == [other, pizza]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "BadRequestRequiredParamIsNull"),
        ({"name": ""}, "BadRequestTagName"),
        ({"name": "n" * 129}, "BadRequestTagName"),
        ({"name": "a", "type": "GeneralProduct"}, "BadRequestTagType"),
        ({"name": "a", "description": "d" * 4097}, "BadRequestTagDescription"),
        ({"name": "pizza"}, "BadRequestTagNameNotUnique"),
        ({"name": "a", "type": "Negative"}, "BadRequestMultipleNegativeTag"),
    ],
)
async def test_a_tag_that_cannot_be(
    training: httpx.AsyncClient, tags: str, params: dict, code: str
) -> None:
    await create(training, tags, "pizza")
    await create(training, tags, "Other", type="Negative")
    assert_refused(await training.post(tags, params=params), 400, code)
    assert len((await training.get(tags)).json()) == 2


async def test_one_tag_too_many(training: httpx.AsyncClient, state: State) -> None:
    names = [f"tag {number}" for number in range(state.settings.training.max_tags)]
    project = await make_project(state, tags=names)
    one_more = await training.post(f"/projects/{project}/tags", params={"name": "one more"})
    assert_refused(one_more, 400, "BadRequestExceedTagPerProjectLimit")


async def test_a_tag_is_changed(training: httpx.AsyncClient, tags: str) -> None:
    pizza = await create(training, tags, "pizza", description="Round")
    other = await create(training, tags, "Other", type="Negative")
    path = f"{tags}/{pizza['id']}"
    assert (await training.patch(path, json={"Name": "Pizza"})).json()["name"] == "Pizza"
    whole = {**pizza, "description": "Flat"}
    assert (await training.patch(path, json=whole)).json() == whole
    for body, code in [
        ({"name": "Other"}, "BadRequestTagNameNotUnique"),
        ({"type": "Negative"}, "BadRequestMultipleNegativeTag"),
        ({"name": ""}, "BadRequestTagName"),
    ]:
        assert_refused(await training.patch(path, json=body), 400, code)
    # It is negative already.
    assert (await training.patch(f"{tags}/{other['id']}", json=other)).json() == other


async def test_a_tag_goes(training: httpx.AsyncClient, tags: str) -> None:
    path = f"{tags}/{(await create(training, tags, 'pizza'))['id']}"
    assert (await training.delete(path)).status_code == 204
    for answer in (
        await training.get(path),
        await training.delete(path),
        await training.patch(path, json={"name": "b"}),
        await training.get(f"{tags}/pizza"),
    ):
        assert_refused(answer, 404, "NotFoundTag")


async def test_tags_of_an_iteration(training: httpx.AsyncClient, state: State) -> None:
    project = await make_project(state)
    iteration: UUID = await make_iteration(state, project)
    tags = f"/projects/{project}/tags"
    later = await create(training, tags, "later")
    asked = {"iterationId": str(iteration)}
    learned = (await training.get(tags, params=asked)).json()
    assert [tag["name"] for tag in learned] == ["cannoli", "risotto"]
    one = await training.get(f"{tags}/{learned[0]['id']}", params=asked)
    assert one.json() == learned[0]
    not_learned = await training.get(f"{tags}/{later['id']}", params=asked)
    assert_refused(not_learned, 404, "NotFoundTag")
    unknown = await training.get(tags, params={"iterationId": str(uuid4())})
    assert_refused(unknown, 404, "NotFoundIteration")
    no_id = await training.get(tags, params={"iterationId": "latest"})
    assert_refused(no_id, 400, "BadRequestInvalidIds")
