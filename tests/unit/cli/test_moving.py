"""Reading a Custom Vision server that is busy, lists in pages and lets addresses expire."""

import httpx
import pytest

from classifr.cli.failures import CommandError
from classifr.cli.moving.source import Source, open_source
from classifr.cli.moving.values import AddressExpired, ImageLost

WHERE = "https://vision.test"
KEY = "a-training-key"
PHOTO = "https://photos.test/1?signature"


class Service:
    """Answers by the end of the path, in order; the last one again and again."""

    def __init__(self, **answers: list[httpx.Response | Exception]) -> None:
        self.answers = answers
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        left = self.answers[request.url.path.rpartition("/")[2]]
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)

    async def sleep(self, seconds: float) -> None:
        if seconds:
            self.waits.append(seconds)

    def source(self) -> Source:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self))
        return Source(http, where=WHERE, key=KEY, sleep=self.sleep)


def page(ids: range) -> httpx.Response:
    return httpx.Response(
        200, json=[{"id": str(number), "originalImageUri": PHOTO} for number in ids]
    )


PROJECT = {
    "id": "p1",
    "name": "Food",
    "settings": {"domainId": "d1", "classificationType": "Multiclass"},
}
BUSY = httpx.Response(429, json={"code": "429", "message": "Slowly."}, headers={"Retry-After": "3"})


async def test_busy_service_is_given_the_time_it_asks_for() -> None:
    service = Service(
        projects=[BUSY, httpx.Response(503), httpx.Response(200, json=[PROJECT])],
        tags=[httpx.Response(200, json=[{"id": "t1", "name": "pizza", "imageCount": 4}])],
    )
    project = await service.source().find_project("Food")
    assert service.waits == [3, 2]
    assert (project.classification_type, project.domain_id) == ("Multiclass", "d1")
    assert [(tag.name, tag.type, tag.image_count) for tag in project.tags] == [
        ("pizza", "Regular", 4)
    ]
    assert {request.headers["training-key"] for request in service.requests} == {KEY}


async def test_images_are_read_page_after_page() -> None:
    service = Service(
        projects=[httpx.Response(200, json=[PROJECT])],
        tags=[httpx.Response(200, json=[])],
        tagged=[page(range(256)), page(range(256, 512)), page(range(512, 520))],
        untagged=[page(range(520, 522))],
    )
    source = service.source()
    project = await source.find_project("p1")
    found = [image.id async for image in source.images(project)]
    assert found == [str(number) for number in range(522)]
    pages = [request.url.params for request in service.requests if "tagged" in request.url.path]
    assert [asked["skip"] for asked in pages] == ["0", "256", "512", "0"]
    assert {asked["take"] for asked in pages} == {"256"}


async def test_key_stays_with_the_service() -> None:
    service = Service(**{"1": [httpx.Response(200, content=b"photo")]})
    assert (await service.source().download(PHOTO))[0] == b"photo"
    assert "training-key" not in service.requests[0].headers
    assert service.requests[0].url == PHOTO


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_expired_address_is_told_from_a_lost_image(status: int) -> None:
    with pytest.raises(AddressExpired):
        await Service(**{"1": [httpx.Response(status)]}).source().download(PHOTO)
    with pytest.raises(ImageLost):
        await Service(**{"1": [httpx.Response(302)]}).source().download(PHOTO)
    with pytest.raises(ImageLost):
        await Service(**{"1": [httpx.ConnectError("gone")]}).source().download(PHOTO)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (httpx.Response(401, json={"code": "401", "message": "Denied."}), "refuses the training"),
        (httpx.Response(404, html="<h1>No</h1>"), "does not speak"),
        (httpx.Response(302, headers={"Location": "https://elsewhere.test"}), "does not speak"),
        (httpx.Response(200, html="<h1>Hello</h1>"), "does not speak"),
        (httpx.Response(200, content=b"[" * 100_000), "does not speak"),
        (httpx.Response(400, json={"code": "B", "message": "So not."}), "So not."),
        (httpx.Response(403, json={"code": "B", "message": f"Not with {KEY}."}), "Not with"),
        (httpx.Response(500), "500"),
        (httpx.ReadTimeout("late"), "Nothing answers"),
        (httpx.ConnectError("refused"), "Nothing answers"),
    ],
)
async def test_what_goes_wrong_is_a_sentence(answer: httpx.Response | Exception, says: str) -> None:
    service = Service(projects=[answer])
    with pytest.raises(CommandError, match=says) as error:
        await service.source().find_project("Food")
    assert KEY not in error.value.failure.line


async def test_a_wrong_port_can_be_seen() -> None:
    place = "http://127.0.0.1:9"
    async with open_source(place, KEY) as source:
        with pytest.raises(CommandError, match=f"Nothing answers at {place}:"):
            await source.find_project("Food")


@pytest.mark.parametrize(
    "endpoint", ["", "vision.test", "file:///etc/passwd", "https://", "ftp://vision.test"]
)
async def test_endpoint_has_to_be_one(endpoint: str) -> None:
    with pytest.raises(CommandError, match="is no endpoint"):
        async with open_source(endpoint, KEY):
            pass


async def test_domain_says_what_a_project_is_for() -> None:
    service = Service(d1=[httpx.Response(200, json={"type": "ObjectDetection"})])
    assert await service.source().domain_type("d1") == "ObjectDetection"
