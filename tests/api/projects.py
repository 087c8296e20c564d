"""Projects, tags and images that tests make through the API."""

from collections.abc import Sequence

import httpx
from tests.pictures import jpeg


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
