"""What an admin does over the JSON API before something is measured."""

import time

import httpx

from server import Server

_BATCH = 60
_POLL_SECONDS = 0.05
_PROJECT = "bench"


class Api:
    """What an admin does with a project."""

    def __init__(self, server: Server) -> None:
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{server.port}",
            headers={"Authorization": f"Bearer {server.token()}"},
            timeout=120,
        )

    def new_project(self, name: str = _PROJECT) -> str:
        """Make an empty project; its id. All else here is done with the one called `bench`."""
        return str(self._post("/projects", json={"name": name})["id"])

    def publish(self, name: str) -> tuple[str, str]:
        """Let the latest iteration answer under a name; the ids of its project and of itself."""
        path = f"/projects/{_PROJECT}/iterations/latest/publish"
        iteration = self._post(path, json={"name": name})
        return self._get(f"/projects/{_PROJECT}")["id"], iteration["id"]

    def make_key(self, *scopes: str) -> str:
        """An API key."""
        return str(self._post("/auth/keys", json={"name": "bench", "scopes": scopes})["key"])

    def close(self) -> None:
        self._client.close()

    def add(self, tag: str, photos: list[bytes]) -> int:
        """A new tag with these photos; how many."""
        self._post(f"/projects/{_PROJECT}/tags", json={"name": tag})
        for start in range(0, len(photos), _BATCH):
            batch = photos[start : start + _BATCH]
            files = [("images", (f"{tag} {index}.jpg", one)) for index, one in enumerate(batch)]
            self._post(f"/projects/{_PROJECT}/images", files=files, data={"tags": tag})
        return len(photos)

    def relabel(self, before: str, after: str) -> None:
        """Give one image another tag."""
        tags = {tag["name"]: tag["id"] for tag in self._get(f"/projects/{_PROJECT}/tags")["items"]}
        query = f"/projects/{_PROJECT}/images?tag={tags[before]}&limit=1"
        (image,) = self._get(query)["items"]
        change = {"image_ids": [image["id"]], "add": [tags[after]], "remove": []}
        self._post(f"/projects/{_PROJECT}/images/tags", json=change)

    def train(self) -> float:
        """Seconds from the request to the new metrics."""
        started = time.perf_counter()
        answer = self._post(f"/projects/{_PROJECT}/train", json={})
        address = f"/projects/{_PROJECT}/iterations/{answer['id']}"
        while (iteration := self._get(address))["status"] in ("queued", "training"):
            time.sleep(_POLL_SECONDS)
        if iteration["status"] != "completed":
            raise SystemExit(f"The training {iteration['status']}: {iteration['error']}")
        return time.perf_counter() - started

    def _post(self, path: str, **options: object) -> dict:
        return self._client.post(path, **options).raise_for_status().json()

    def _get(self, path: str) -> dict:
        return self._client.get(path).raise_for_status().json()
