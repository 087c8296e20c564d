"""Bodies as other clients write them: .NET, Java, curl, PowerShell, and scripts by hand."""

import json

import pytest
from tests.compat.clients import Wire
from tests.compat.projects import Trained
from tests.pictures import dish

PHOTO = dish("cannoli", 420)
FORM = {"Content-Type": "multipart/form-data; boundary=cut"}

#: What stands before the image in its part of the form.
HEADS = {
    "python, bytes": 'Content-Disposition: form-data; name="imageData"',
    "python, file": 'Content-Disposition: form-data; name="imageData"; filename="a.jpg"\r\n'
    "Content-Type: application/octet-stream",
    ".net": "Content-Type: application/octet-stream\r\n"
    "Content-Disposition: form-data; name=imageData; filename=a.jpg; filename*=utf-8''a.jpg",
    ".net, nameless": "Content-Disposition: form-data; name=imageData",
    "java": 'Content-Disposition: form-data; name="imageData"\r\n'
    "Content-Transfer-Encoding: binary\r\nContent-Type: application/octet-stream\r\n"
    f"Content-Length: {len(PHOTO)}",
    "curl": 'Content-Disposition: form-data; name="imageData"; filename="a.jpg"\r\n'
    "Content-Type: image/jpeg",
    "browser": 'Content-Disposition: form-data; name="image"; filename="photo.jpg"\r\n'
    "Content-Type: image/jpeg",
}


def form(head: str) -> bytes:
    return b"--cut\r\n" + head.encode() + b"\r\n\r\n" + PHOTO + b"\r\n--cut--\r\n"


@pytest.mark.parametrize("client", HEADS)
def test_forms_of_every_client_are_read(straying_wire: Wire, trained: Trained, client: str) -> None:
    path = f"/{trained.id}/classify/iterations/{trained.publish_name}/image/nostore"
    answer = straying_wire.predict("POST", path, data=form(HEADS[client]), headers=FORM)
    assert answer.status_code == 200, answer.text
    assert answer.json()["predictions"][0]["tagName"] == "cannoli"


def test_a_boundary_in_quotes(straying_wire: Wire, trained: Trained) -> None:
    headers = {"Content-Type": 'multipart/form-data; boundary="cut"'}
    path = f"/{trained.id}/classify/iterations/{trained.publish_name}/image/nostore"
    answer = straying_wire.predict("POST", path, data=form(HEADS[".net"]), headers=headers)
    assert answer.status_code == 200, answer.text


def test_an_image_in_chunks(straying_wire: Wire, trained: Trained) -> None:
    def chunks():
        for start in range(0, len(PHOTO), 1000):
            yield PHOTO[start : start + 1000]

    path = f"/{trained.id}/classify/iterations/{trained.publish_name}/image/nostore"
    headers = {"Content-Type": "application/octet-stream"}
    answer = straying_wire.predict("POST", path, data=chunks(), headers=headers)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("client", HEADS)
def test_forms_of_training_images(straying_wire: Wire, trained: Trained, client: str) -> None:
    # A photo that is there already, so that the shared project stays as it is.
    head = HEADS[client].replace(str(len(PHOTO)), str(len(dish("cannoli", 0))))
    body = form(head).replace(PHOTO, dish("cannoli", 0))
    answer = straying_wire.train("POST", f"/projects/{trained.id}/images", data=body, headers=FORM)
    assert answer.status_code == 207, answer.text
    assert [image["status"] for image in answer.json()["images"]] == ["OKDuplicate"]


@pytest.mark.parametrize(
    "text", ['{"url": "%s"}', '{"Url": "%s"}', '{"URL":"%s"}', "{'Url': '%s'}"]
)
@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "text/json"]
)
def test_an_address_is_read_however_its_json_is_spelled(
    straying_wire: Wire, trained: Trained, photo_web: str, text: str, kind: str
) -> None:
    path = f"/{trained.id}/classify/iterations/{trained.publish_name}/url/nostore"
    body = text % f"{photo_web}/cannoli/421.jpg"
    answer = straying_wire.predict("POST", path, data=body, headers={"Content-Type": kind})
    assert answer.status_code == 200, answer.text


def test_members_of_training_bodies_are_in_any_case(straying_wire: Wire, trained: Trained) -> None:
    # Nothing in them is there: what counts is that they are understood.
    batch = {"Tags": [{"ImageId": trained.id, "TagId": trained.tags["cannoli"].id}]}
    answer = straying_wire.train("POST", f"/projects/{trained.id}/images/tags", json=batch)
    assert answer.status_code in (400, 404)
    assert answer.json()["code"] in ("NotFoundImage", "BadRequestInvalidIds", "BadRequestImageTags")


def test_json_may_begin_with_a_mark(straying_wire: Wire, trained: Trained) -> None:
    body = b"\xef\xbb\xbf" + json.dumps({"orderBy": "Newest"}).encode()
    headers = {"Content-Type": "application/json"}
    path = f"/projects/{trained.id}/predictions/query"
    assert straying_wire.train("POST", path, data=body, headers=headers).status_code == 200
