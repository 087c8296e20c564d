"""Images that are there: listed, counted, fetched, tagged and deleted."""

import io
from collections.abc import Iterator

import pytest
import requests
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training import models as m
from PIL import Image
from tests.compat.clients import Answers, Wire, code_of, refusal
from tests.compat.projects import Trained, entries, send
from tests.compat.projects import project as a_project
from tests.ids import NOBODY
from tests.pictures import dish

Training = CustomVisionTrainingClient


class Album:
    """A project with pizza 0 to 4, risotto 0 to 2 and two untagged images, in this order."""

    def __init__(self, training: Training, project: m.Project) -> None:
        self.training = training
        self.id = project.id
        self.pizza = training.create_tag(self.id, "pizza")
        self.risotto = training.create_tag(self.id, "risotto")
        untagged = [
            m.ImageFileCreateEntry(name=f"{seed}.jpg", contents=dish("cannoli", seed))
            for seed in range(2)
        ]
        self.ids: list[str] = []
        for batch in (
            entries(self.pizza, "pizza", range(5)),
            entries(self.risotto, "risotto", range(3)),
            untagged,
        ):
            sent = send(training, self.id, batch)
            assert sent.is_batch_successful
            self.ids += [result.image.id for result in sent.images]

    @property
    def pizzas(self) -> list[str]:
        return self.ids[:5]

    @property
    def risottos(self) -> list[str]:
        return self.ids[5:8]

    @property
    def untagged(self) -> list[str]:
        return self.ids[8:]


@pytest.fixture(scope="module")
def album(training: Training) -> Iterator[Album]:
    """Tests leave it as it is."""
    with a_project(training, kind=m.Classifier.multilabel) as made:
        yield Album(training, made)


@pytest.fixture
def own_album(training: Training) -> Iterator[Album]:
    """Tests change it."""
    with a_project(training, kind=m.Classifier.multilabel) as made:
        yield Album(training, made)


def ids(images: list[m.Image]) -> list[str]:
    return [image.id for image in images]


def test_tagged_images_come_newest_batch_first(training: Training, album: Album) -> None:
    listed = ids(training.get_tagged_images(album.id))
    assert set(listed[:3]) == set(album.risottos)
    assert set(listed[3:]) == set(album.pizzas)
    oldest = ids(training.get_tagged_images(album.id, order_by="Oldest"))
    assert oldest == listed[::-1]
    dates = [image.created for image in training.get_tagged_images(album.id)]
    assert dates == sorted(dates, reverse=True)


def test_pages_are_consecutive(training: Training, album: Album) -> None:
    whole = ids(training.get_tagged_images(album.id))
    pages = [training.get_tagged_images(album.id, take=3, skip=skip) for skip in (0, 3, 6, 9)]
    assert [len(page) for page in pages] == [3, 3, 2, 0]
    assert [image for page in pages for image in ids(page)] == whole
    assert training.get_tagged_images(album.id, take=0) == []
    everything = ids(training.get_images(album.id, take=256))
    assert ids(training.get_images(album.id, take=4, skip=2)) == everything[2:6]


def test_images_of_tags_are_those_with_any_of_them(training: Training, album: Album) -> None:
    pizza, risotto = album.pizza.id, album.risotto.id
    assert set(ids(training.get_tagged_images(album.id, tag_ids=[pizza]))) == set(album.pizzas)
    both = training.get_tagged_images(album.id, tag_ids=[pizza, risotto])
    assert set(ids(both)) == set(album.pizzas + album.risottos)
    assert training.get_tagged_image_count(album.id) == 8
    assert training.get_tagged_image_count(album.id, tag_ids=[risotto]) == 3
    assert set(ids(training.get_images(album.id, tag_ids=[risotto]))) == set(album.risottos)
    assert training.get_image_count(album.id, tag_ids=[risotto]) == 3


def test_untagged_images_have_no_tags_at_all(training: Training, album: Album, wire: Wire) -> None:
    assert set(ids(training.get_untagged_images(album.id))) == set(album.untagged)
    assert training.get_untagged_image_count(album.id) == 2
    assert len(training.get_untagged_images(album.id, take=1, skip=1)) == 1
    for image in wire.train("GET", f"/projects/{album.id}/images/untagged").json():
        assert "tags" not in image


def test_images_by_whether_they_are_tagged(training: Training, album: Album) -> None:
    counts = {"All": 10, "Tagged": 8, "Untagged": 2}
    for status, count in counts.items():
        assert len(training.get_images(album.id, tagging_status=status)) == count
        assert training.get_image_count(album.id, tagging_status=status) == count
    assert set(ids(training.get_images(album.id))) == set(album.ids)
    assert training.get_image_count(album.id) == 10


def test_images_by_their_ids(training: Training, album: Album) -> None:
    wanted = [album.ids[7], album.ids[0]]
    found = training.get_images_by_ids(album.id, image_ids=wanted)
    assert set(ids(found)) == set(wanted)
    assert set(ids(training.get_images_by_ids(album.id, image_ids=[*wanted, NOBODY]))) == set(
        wanted
    )


def test_images_of_an_iteration_are_those_it_learned_from(
    training: Training, trained: Trained
) -> None:
    found = training.get_tagged_images(trained.id, iteration_id=trained.iteration.id)
    assert len(found) == 24
    count = training.get_tagged_image_count(trained.id, iteration_id=trained.iteration.id)
    assert count == 24
    unknown = refusal(training.get_tagged_images, trained.id, iteration_id=NOBODY)
    assert unknown == (404, "NotFoundIteration")


@pytest.mark.parametrize(
    "query", ["take=257", "take=-1", "skip=-1", "orderBy=Best", "tagIds=pizza", "take=many"]
)
def test_a_list_that_cannot_be(wire: Wire, album: Album, query: str) -> None:
    status, code = code_of(wire.train("GET", f"/projects/{album.id}/images/tagged?{query}"))
    assert status == 400
    assert code.startswith("BadRequest")


def test_images_are_fetched_without_a_key(training: Training, album: Album) -> None:
    (image,) = training.get_images_by_ids(album.id, image_ids=[album.ids[2]])
    with requests.Session() as session:
        session.trust_env = False
        for uri in (image.original_image_uri, image.resized_image_uri, image.thumbnail_uri):
            answer = session.get(uri, timeout=30)
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("image/")
            with Image.open(io.BytesIO(answer.content)) as opened:
                assert max(opened.size) <= 128
        with Image.open(io.BytesIO(session.get(image.original_image_uri, timeout=30).content)) as o:
            assert o.size == (128, 128)


def test_an_address_of_an_image_cannot_be_made_up(training: Training, album: Album) -> None:
    (image,) = training.get_images_by_ids(album.id, image_ids=[album.ids[2]])
    uri = image.original_image_uri
    for changed in (uri[:-3] + ("aaa" if uri[-3:] != "aaa" else "bbb"), uri.split("?")[0]):
        answer = requests.get(changed, timeout=30)
        assert 400 <= answer.status_code < 500
        assert set(answer.json()) == {"code", "message"}


# Metadata


def test_metadata_is_set_and_asked_for(
    training: Training, own_album: Album, answers: Answers
) -> None:
    album = own_album
    ada = training.update_image_metadata(
        album.id, album.pizzas[:2], {"cook": "Ada", "oven": "wood"}
    )
    assert ada.is_batch_successful is True
    assert [entry.status for entry in ada.images] == ["OK", "OK"]
    assert [entry.image_id for entry in ada.images] == album.pizzas[:2]
    assert ada.images[0].metadata == {"cook": "Ada", "oven": "wood"}
    training.update_image_metadata(album.id, [album.pizzas[2]], {"cook": "Bo", "oven": "wood"})
    asked = {
        "metadata=cook eq 'Ada'": album.pizzas[:2],
        "metadata=oven eq 'wood' and cook ne 'Ada'": album.pizzas[2:3],
        "metadata=cook eq 'Ada' or cook eq 'Bo'": album.pizzas[:3],
    }
    for question, expected in asked.items():
        assert set(ids(training.get_images(album.id, filter=question))) == set(expected), question
        assert training.get_image_count(album.id, filter=question) == len(expected)
    assert refusal(training.get_images, album.id, filter="cook is Ada")[0] == 400

    partly = training.update_image_metadata(album.id, [album.pizzas[0], NOBODY], {"cook": "Cy"})
    assert answers.last.status == 207
    assert partly.is_batch_successful is False
    assert [entry.status for entry in partly.images] == ["OK", "ErrorImageNotFound"]


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"k" * 129: "v"}, "BadRequestImageMetadataKey"),
        ({"k": "v" * 257}, "BadRequestImageMetadataValue"),
    ],
)
def test_metadata_that_cannot_be(
    training: Training, album: Album, metadata: dict[str, str], code: str
) -> None:
    call = training.update_image_metadata
    assert refusal(call, album.id, album.ids[:1], metadata) == (400, code)


def test_an_image_has_at_most_ten_pairs_of_metadata(
    training: Training, own_album: Album, answers: Answers
) -> None:
    def pairs(first: int, count: int) -> dict[str, str]:
        return {f"k{number}": "v" for number in range(first, first + count)}

    album = own_album
    status, code = refusal(training.update_image_metadata, album.id, album.ids[:1], pairs(0, 11))
    assert (status, code[:10]) == (400, "BadRequest")
    training.update_image_metadata(album.id, album.ids[:1], pairs(0, 8))
    sent = training.update_image_metadata(album.id, album.ids[:2], pairs(8, 3))
    assert answers.last.status == 207
    assert [entry.status for entry in sent.images] == ["ErrorLimitExceed", "OK"]


# Tags of images


def test_images_get_and_lose_tags(training: Training, own_album: Album) -> None:
    album = own_album
    both = [
        m.ImageTagCreateEntry(image_id=album.untagged[0], tag_id=album.pizza.id),
        m.ImageTagCreateEntry(image_id=album.pizzas[0], tag_id=album.pizza.id),
    ]
    made = training.create_image_tags(album.id, both)
    assert [(each.image_id, each.tag_id) for each in made.created] == [
        (album.untagged[0], album.pizza.id)
    ]
    assert [each.image_id for each in made.duplicated] == [album.pizzas[0]]
    assert not made.exceeded
    assert training.get_tagged_image_count(album.id, tag_ids=[album.pizza.id]) == 6

    training.delete_image_tags(album.id, album.pizzas[:2], [album.pizza.id])
    assert training.get_tagged_image_count(album.id, tag_ids=[album.pizza.id]) == 4
    assert set(album.pizzas[:2]) <= set(ids(training.get_untagged_images(album.id)))
    # Again: there is nothing left to remove, which is what was wanted.
    training.delete_image_tags(album.id, album.pizzas[:2], [album.pizza.id])


@pytest.mark.parametrize("unknown", ["image", "tag"])
def test_tags_for_what_is_not_there(training: Training, album: Album, unknown: str) -> None:
    entry = m.ImageTagCreateEntry(
        image_id=NOBODY if unknown == "image" else album.ids[0],
        tag_id=NOBODY if unknown == "tag" else album.pizza.id,
    )
    status, code = refusal(training.create_image_tags, album.id, [entry])
    assert status in (400, 404)
    expected = {"image": "NotFoundImage", "tag": "NotFoundTag"}[unknown]
    assert code in (expected, "BadRequestInvalidIds", "BadRequestImageTags")


def test_a_regular_and_the_negative_tag_exclude_each_other(
    training: Training, own_album: Album
) -> None:
    album = own_album
    negative = training.create_tag(album.id, "Negative", type="Negative")
    entry = m.ImageTagCreateEntry(image_id=album.pizzas[0], tag_id=negative.id)
    expected = (400, "BadRequestNegativeAndRegularTagOnSameImage")
    assert refusal(training.create_image_tags, album.id, [entry]) == expected


# Deleting


def test_images_are_deleted(training: Training, own_album: Album, answers: Answers) -> None:
    album = own_album
    (image,) = training.get_images_by_ids(album.id, image_ids=[album.pizzas[0]])
    training.delete_images(album.id, image_ids=album.pizzas[:2])
    assert answers.last.status in (202, 204)
    assert training.get_image_count(album.id) == 8
    assert training.get_images_by_ids(album.id, image_ids=album.pizzas[:2]) == []
    assert requests.get(image.original_image_uri, timeout=30).status_code in (403, 404, 410)
    training.delete_images(album.id, image_ids=[NOBODY])

    training.delete_images(album.id, all_images=True, all_iterations=True)
    assert answers.last.status in (202, 204)
    assert training.get_image_count(album.id) == 0


def test_deleting_must_say_what(training: Training, album: Album) -> None:
    status, code = refusal(training.delete_images, album.id)
    assert status == 400
    assert code.startswith("BadRequest")
    assert training.get_image_count(album.id) == 10
