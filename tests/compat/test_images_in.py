"""Images on their way in: from files, data and addresses, good and bad."""

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training import models as m
from tests.compat.clients import Answers, Wire, refusal, refusal_with_message
from tests.compat.photos import NOT_AN_IMAGE, TOO_MANY_BYTES, heavy, ribbon
from tests.compat.projects import entries, is_id, send
from tests.compat.projects import project as a_project
from tests.ids import NOBODY
from tests.pictures import dish

Training = CustomVisionTrainingClient


@pytest.fixture
def project(training: Training) -> Iterator[m.Project]:
    with a_project(training) as made:
        yield made


@pytest.fixture
def pizza(training: Training, project: m.Project) -> m.Tag:
    return training.create_tag(project.id, "pizza")


@pytest.fixture
def risotto(training: Training, project: m.Project) -> m.Tag:
    return training.create_tag(project.id, "risotto")


def a_file(name: str, contents: bytes, *tags: m.Tag) -> m.ImageFileCreateEntry:
    return m.ImageFileCreateEntry(name=name, contents=contents, tag_ids=[tag.id for tag in tags])


def statuses(summary: m.ImageCreateSummary) -> list[str]:
    return [image.status for image in summary.images]


def test_files_with_their_tag(
    training: Training, project: m.Project, pizza: m.Tag, wire: Wire
) -> None:
    sent = send(training, project.id, entries(pizza, "pizza", range(3)))
    assert sent.is_batch_successful is True
    assert statuses(sent) == ["OK"] * 3
    for number, result in enumerate(sent.images):
        assert f"pizza-{number}.jpg" in result.source_url
        image = result.image
        assert is_id(image.id)
        assert (image.width, image.height) == (128, 128)
        assert [(tag.tag_id, tag.tag_name) for tag in image.tags] == [(pizza.id, "pizza")]
        assert not image.regions
        assert image.original_image_uri
        assert image.resized_image_uri
        assert image.thumbnail_uri
    raw = wire.train("GET", f"/projects/{project.id}/images/tagged").json()
    for image in raw:
        # Images, unlike the rest, have the date without a zone.
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}", image["created"])


def test_a_batch_of_sixty_is_answered_in_its_order(
    training: Training, project: m.Project, pizza: m.Tag
) -> None:
    sent = send(training, project.id, entries(pizza, "pizza", range(60)))
    assert sent.is_batch_successful
    names = [result.source_url.strip('"') for result in sent.images]
    assert names == [f"pizza-{number}.jpg" for number in range(60)]
    assert training.get_tagged_image_count(project.id) == 60


def test_tags_and_metadata_of_the_whole_batch(
    training: Training, project: m.Project, pizza: m.Tag
) -> None:
    files = [
        m.ImageFileCreateEntry(name=f"{seed}.jpg", contents=dish("pizza", seed))
        for seed in range(2)
    ]
    sent = send(training, project.id, files, tag_ids=[pizza.id], metadata={"cook": "Ada"})
    assert sent.is_batch_successful
    for image in training.get_images(project.id):
        assert [tag.tag_name for tag in image.tags] == ["pizza"]
        assert image.metadata == {"cook": "Ada"}


def test_images_may_come_without_a_name_and_without_tags(
    training: Training, project: m.Project
) -> None:
    sent = send(training, project.id, [m.ImageFileCreateEntry(contents=dish("pizza", 1))])
    assert sent.is_batch_successful
    assert training.get_untagged_image_count(project.id) == 1


def test_an_image_sent_again_is_a_duplicate_and_takes_the_new_tag(
    training: Training, project: m.Project, wire: Wire, answers: Answers
) -> None:
    # Two tags on one image, which only a multilabel project is sure to allow.
    project.settings.classification_type = "Multilabel"
    training.update_project(project.id, project)
    one = training.create_tag(project.id, "one")
    two = training.create_tag(project.id, "two")
    photo = dish("pizza", 1)
    first = send(training, project.id, [a_file("a.jpg", photo, one)])
    again = send(training, project.id, [a_file("b.jpg", photo, two)])
    assert answers.last.status == 207
    assert again.is_batch_successful is False
    assert statuses(again) == ["OKDuplicate"]
    assert again.images[0].image.id == first.images[0].image.id
    (image,) = training.get_images(project.id)
    assert {tag.tag_name for tag in image.tags} == {"one", "two"}


def test_a_batch_that_is_retried_creates_nothing_twice(
    training: Training, project: m.Project, pizza: m.Tag
) -> None:
    batch = entries(pizza, "pizza", range(4))
    send(training, project.id, batch)
    retried = send(training, project.id, batch)
    assert statuses(retried) == ["OKDuplicate"] * 4
    assert training.get_image_count(project.id) == 4


def test_the_same_image_twice_in_a_batch(
    training: Training, project: m.Project, pizza: m.Tag
) -> None:
    twice = [a_file("a.jpg", dish("pizza", 1), pizza), a_file("b.jpg", dish("pizza", 1), pizza)]
    assert sorted(statuses(send(training, project.id, twice))) == ["OK", "OKDuplicate"]
    assert training.get_image_count(project.id) == 1


def test_each_image_of_a_batch_has_its_own_status(
    training: Training, project: m.Project, pizza: m.Tag, answers: Answers
) -> None:
    negative = training.create_tag(project.id, "Negative", type="Negative")
    stranger = m.Tag(name="", description="", type="Regular")
    stranger.id = NOBODY
    sent = send(
        training,
        project.id,
        [
            a_file("good.jpg", dish("pizza", 1), pizza),
            a_file("page.jpg", NOT_AN_IMAGE, pizza),
            a_file("heavy.jpg", heavy(TOO_MANY_BYTES), pizza),
            a_file("ribbon.png", ribbon(), pizza),
            a_file("stranger.jpg", dish("pizza", 2), stranger),
            a_file("both.jpg", dish("pizza", 3), pizza, negative),
            a_file("none.jpg", dish("pizza", 4), negative),
        ],
    )
    assert answers.last.status == 207
    assert sent.is_batch_successful is False
    assert statuses(sent) == [
        "OK",
        "ErrorImageFormat",
        "ErrorImageSize",
        "ErrorImageDimensions",
        "ErrorInvalidTag",
        "ErrorNegativeAndRegularTagOnSameImage",
        "OK",
    ]
    names = ["good.jpg", "page.jpg", "heavy.jpg", "ribbon.png", "stranger.jpg"]
    assert [result.source_url.strip('"') for result in sent.images][:5] == names
    assert [result.image is not None for result in sent.images] == [True, *[False] * 5, True]
    assert training.get_image_count(project.id) == 2


def test_a_batch_without_a_single_image_that_can_be_read(
    training: Training, project: m.Project, pizza: m.Tag, answers: Answers
) -> None:
    # Public reports show batches in which each image has failed, answered in this form.
    sent = send(training, project.id, [a_file("page.jpg", NOT_AN_IMAGE, pizza)])
    assert answers.last.status == 207
    assert sent.is_batch_successful is False
    assert statuses(sent) == ["ErrorImageFormat"]
    assert sent.images[0].image is None


def test_uploads_at_the_same_time(training: Training, project: m.Project, pizza: m.Tag) -> None:
    batches = [entries(pizza, "pizza", range(start, start + 6)) for start in (0, 3, 6, 0)]
    with ThreadPoolExecutor(len(batches)) as pool:
        sent = list(pool.map(lambda batch: send(training, project.id, batch), batches))
    found = Counter(status for summary in sent for status in statuses(summary))
    assert found == {"OK": 12, "OKDuplicate": 12}
    assert training.get_tagged_image_count(project.id) == 12


def test_one_image_too_many_in_a_batch(
    training: Training, project: m.Project, pizza: m.Tag
) -> None:
    batch = entries(pizza, "pizza", range(65))
    status, code = refusal(send, training, project.id, batch)
    assert (status, code) == (400, "BadRequestExceededBatchSize")
    assert training.get_image_count(project.id) == 0


def test_an_empty_batch_is_refused(training: Training, project: m.Project) -> None:
    # Public reports have the sentence for batches that were empty by mistake.
    status, code, message = refusal_with_message(send, training, project.id, [])
    assert (status, code) == (400, "BadRequestImageBatch")
    assert "No valid image files" in message


def test_a_body_that_is_no_batch_is_refused(wire: Wire, project: m.Project) -> None:
    path = f"/projects/{project.id}/images/files"
    json_type = {"Content-Type": "application/json"}
    for body in (b"", b"{", b"[]", b'{"images": 3}', b'{"images": [{"contents": "%%%"}]}'):
        answer = wire.train("POST", path, data=body, headers=json_type)
        assert answer.status_code in (400, 207), (body, answer.text)
        if answer.status_code == 400:
            assert answer.json()["code"].startswith("BadRequest")


def test_two_tags_on_an_image_of_a_multiclass_project(
    training: Training, project: m.Project, pizza: m.Tag, risotto: m.Tag
) -> None:
    # The official sample of multiclass projects does it, and goes on.
    sent = send(training, project.id, [a_file("a.jpg", dish("pizza", 1), pizza, risotto)])
    assert statuses(sent) == ["OK"]
    (image,) = training.get_images(project.id)
    assert {tag.tag_name for tag in image.tags} == {"pizza", "risotto"}


# create_images_from_data


def test_bytes_with_tags(training: Training, project: m.Project, pizza: m.Tag) -> None:
    sent = training.create_images_from_data(project.id, dish("pizza", 1), tag_ids=[pizza.id])
    assert sent.is_batch_successful is True
    assert statuses(sent) == ["OK"]
    assert [tag.tag_id for tag in sent.images[0].image.tags] == [pizza.id]


def test_an_open_file(training: Training, project: m.Project, pizza: m.Tag, tmp_path: Path) -> None:
    path = tmp_path / "pizza 1 é.jpg"
    path.write_bytes(dish("pizza", 1))
    with path.open("rb") as file:
        sent = training.create_images_from_data(project.id, file.read(), [pizza.id])
    assert statuses(sent) == ["OK"]
    with path.open("rb") as file:
        again = training.create_images_from_data(project.id, file, [pizza.id])
    assert statuses(again) == ["OKDuplicate"]


def test_the_plain_body_of_curl(wire: Wire, project: m.Project, pizza: m.Tag) -> None:
    answer = wire.train(
        "POST",
        f"/projects/{project.id}/images?tagIds={pizza.id}",
        data=dish("pizza", 1),
        headers={"Content-Type": "application/octet-stream"},
    )
    assert answer.status_code == 200
    assert answer.json()["images"][0]["status"] == "OK"


def test_several_files_in_one_form(wire: Wire, project: m.Project, pizza: m.Tag) -> None:
    files = [("imageData", (f"{seed}.jpg", dish("pizza", seed))) for seed in range(3)]
    path = f"/projects/{project.id}/images?tagIds={pizza.id}"
    answer = wire.train("POST", path, files=files)
    assert answer.status_code == 200
    body = answer.json()
    assert body["isBatchSuccessful"] is True
    assert [image["sourceUrl"].strip('"') for image in body["images"]] == [
        "0.jpg",
        "1.jpg",
        "2.jpg",
    ]


def test_bytes_that_are_no_image(training: Training, project: m.Project, pizza: m.Tag) -> None:
    sent = training.create_images_from_data(project.id, NOT_AN_IMAGE, [pizza.id])
    assert sent.is_batch_successful is False
    assert statuses(sent) == ["ErrorImageFormat"]


def test_bytes_with_a_tag_that_is_not_there(training: Training, project: m.Project) -> None:
    sent = training.create_images_from_data(project.id, dish("pizza", 1), [NOBODY])
    assert sent.is_batch_successful is False
    assert statuses(sent) == ["ErrorInvalidTag"]
    assert training.get_image_count(project.id) == 0


# create_images_from_urls


def by_url(training: Training, project: m.Project, tag: m.Tag, *urls: str) -> m.ImageCreateSummary:
    images = [m.ImageUrlCreateEntry(url=url, tag_ids=[tag.id]) for url in urls]
    return training.create_images_from_urls(project.id, m.ImageUrlCreateBatch(images=images))


def test_images_by_their_address(
    training: Training, project: m.Project, pizza: m.Tag, photo_web: str
) -> None:
    urls = [f"{photo_web}/pizza/{seed}.jpg" for seed in range(3)]
    sent = by_url(training, project, pizza, *urls)
    assert sent.is_batch_successful is True
    assert [result.source_url for result in sent.images] == urls
    assert statuses(sent) == ["OK"] * 3
    assert training.get_tagged_image_count(project.id, tag_ids=[pizza.id]) == 3
    assert statuses(by_url(training, project, pizza, urls[0])) == ["OKDuplicate"]


def test_each_address_has_its_own_status(
    training: Training, project: m.Project, pizza: m.Tag, photo_web: str, answers: Answers
) -> None:
    sent = by_url(
        training,
        project,
        pizza,
        f"{photo_web}/pizza/1.jpg",
        f"{photo_web}/gone.jpg",
        f"{photo_web}/moved.jpg",
        f"{photo_web}/page.html",
        "http://nowhere.invalid/pizza.jpg",
        "file:///etc/passwd",
        "no address",
    )
    assert answers.last.status == 207
    assert sent.is_batch_successful is False
    assert statuses(sent) == [
        "OK",
        "ErrorSource",
        "ErrorSource",
        "ErrorImageFormat",
        "ErrorSource",
        "ErrorSource",
        "ErrorSource",
    ]
    assert training.get_image_count(project.id) == 1


@pytest.mark.parametrize(
    "host", ["127.0.0.1:1", "localhost:5432", "10.0.0.1", "169.254.169.254", "[::1]", "0x7f000001"]
)
def test_private_addresses_are_not_reached(
    training: Training, project: m.Project, pizza: m.Tag, photo_web: str, host: str
) -> None:
    urls = (f"{photo_web}/pizza/1.jpg", f"http://{host}/pizza.jpg")
    assert statuses(by_url(training, project, pizza, *urls)) == ["OK", "ErrorSource"]


def test_too_many_addresses_are_refused(
    training: Training, project: m.Project, pizza: m.Tag, photo_web: str
) -> None:
    urls = [f"{photo_web}/pizza/{seed}.jpg" for seed in range(65)]
    expected = (400, "BadRequestExceededBatchSize")
    assert refusal(by_url, training, project, pizza, *urls) == expected
