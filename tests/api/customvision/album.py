"""A project with images to list, tag and delete."""

import base64
from dataclasses import dataclass

import httpx
from tests.pictures import dish


@dataclass
class Album:
    """A Multilabel project: pizza 0 to 3, of which 3 has risotto too; risotto; two untagged."""

    client: httpx.AsyncClient
    id: str
    pizza: str
    risotto: str
    images: list[str]

    @property
    def path(self) -> str:
        return f"/projects/{self.id}/images"

    async def listed(self, query: str = "", under: str = "") -> list[int]:
        """Which images are listed, by the order in which they were added."""
        answer = await self.client.get(f"{self.path}{under}?{query}")
        assert answer.status_code == 200, answer.text
        return [self.images.index(image["id"]) for image in answer.json()]

    async def counted(self, query: str = "", under: str = "") -> int:
        answer = await self.client.get(f"{self.path}{under}/count?{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()


async def make_album(admin: httpx.AsyncClient, training: httpx.AsyncClient) -> Album:
    """A new one. admin: of the JSON API."""
    project = await admin.post(
        "/projects", json={"name": "Album", "classification_type": "Multilabel"}
    )
    project_id = project.json()["id"]
    tags = {}
    for name in ("pizza", "risotto"):
        made = await admin.post(f"/projects/{project_id}/tags", json={"name": name})
        tags[name] = made.json()["id"]
    pizza, risotto = tags["pizza"], tags["risotto"]
    tag_ids = [[pizza], [pizza], [pizza], [pizza, risotto], [risotto], [], []]
    batch = [
        {"contents": base64.b64encode(dish("pizza", seed)).decode(), "tagIds": own}
        for seed, own in enumerate(tag_ids)
    ]
    sent = await training.post(f"/projects/{project_id}/images/files", json={"images": batch})
    assert sent.status_code == 200, sent.text
    images = [each["image"]["id"] for each in sent.json()["images"]]
    return Album(training, project_id, pizza, risotto, images)
