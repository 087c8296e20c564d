"""Projects, tags and images that tests make through the API."""

from collections.abc import Sequence

import httpx
from tests.pictures import jpeg

from classifr.state import State


async def make_project(client: httpx.AsyncClient, name: str = "Desserts", **extra: str) -> dict:
    """A new project as the API shows it."""
    response = await client.post("/projects", json={"name": name, **extra})
    assert response.status_code == 201, response.text
    return response.json()


async def make_tag(client: httpx.AsyncClient, project: str, name: str, **extra: str) -> dict:
    """A new tag as the API shows it."""
    response = await client.post(f"/projects/{project}/tags", json={"name": name, **extra})
    assert response.status_code == 201, response.text
    return response.json()


def files(images: Sequence[bytes], field: str = "images") -> list[tuple]:
    """What httpx sends as files called 0.jpg, 1.jpg ..."""
    return [(field, (f"{number}.jpg", data)) for number, data in enumerate(images)]


async def send_images(
    client: httpx.AsyncClient, project: str, images: Sequence[bytes], *tags: str
) -> httpx.Response:
    """The answer to images that all get these tags."""
    return await client.post(
        f"/projects/{project}/images", files=files(images), data={"tags": list(tags)}
    )


async def add_images(
    client: httpx.AsyncClient, project: str, count: int = 1, *tags: str, seed: int = 0
) -> list[dict]:
    """That many new images as the API shows them."""
    images = [jpeg(seed=seed + number) for number in range(count)]
    response = await send_images(client, project, images, *tags)
    assert response.status_code == 200, response.text
    assert response.json()["is_batch_successful"], response.text
    return [item["image"] for item in response.json()["items"]]


def statuses(response: httpx.Response) -> list[str]:
    """The status of each image of a batch."""
    assert response.status_code == 200, response.text
    return [item["status"] for item in response.json()["items"]]


async def make_menu(client: httpx.AsyncClient) -> str:
    """The id of a Multiclass project with the tags pizza and wine."""
    project = (await make_project(client))["id"]
    for name in ("pizza", "wine"):
        await make_tag(client, project, name)
    return project


async def make_table(client: httpx.AsyncClient) -> str:
    """The id of a Multilabel project with the tags pizza and wine, and `none` for neither."""
    project = (await make_project(client, "Table", classification_type="Multilabel"))["id"]
    for name in ("pizza", "wine"):
        await make_tag(client, project, name)
    await make_tag(client, project, "none", type="Negative")
    return project


async def tag_ids(client: httpx.AsyncClient, project: str) -> dict[str, str]:
    """The ids of a project's tags by name."""
    page = (await client.get(f"/projects/{project}/tags")).json()
    return {tag["name"]: tag["id"] for tag in page["items"]}


async def tags_of(client: httpx.AsyncClient, project: str, image: dict) -> list[str]:
    """The names of the tags that an image has now."""
    found = (await client.get(f"/projects/{project}/images/{image['id']}")).json()
    return [tag["name"] for tag in found["tags"]]


async def stored_ids(state: State, project: str) -> set[str]:
    """The images of which there are files."""
    prefix = f"training/{project}/"
    return {found.key.removeprefix(prefix) async for found in state.storage.list(prefix)}
