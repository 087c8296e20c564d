"""Whatever is sent, the answer is a plain one: below 500, JSON, flat."""

import base64
import json
from collections.abc import Iterator

import pytest
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training import models as m
from tests.compat.clients import Wire
from tests.compat.projects import Trained
from tests.compat.projects import project as a_project
from tests.ids import NOBODY
from tests.pictures import dish

JSON = {"Content-Type": "application/json"}
#: Escapes of JSON: what databases, files and terminals cannot hold or should not obey.
TEXTS = [r"\u0000", r"a\u0000b", r"\ud800", r"\u001b[2J", r"'; drop table tags; --", r"%s%n{0}"]


@pytest.fixture(scope="module")
def project(training: CustomVisionTrainingClient) -> Iterator[m.Project]:
    with a_project(training) as made:
        yield made


@pytest.mark.parametrize("text", TEXTS)
def test_texts_in_bodies_never_crash_the_server(
    straying_wire: Wire, project: m.Project, text: str
) -> None:
    path = f"/projects/{project.id}"
    tag = straying_wire.train("POST", f"{path}/tags?name=victim").json()
    photo = base64.b64encode(dish("pizza", 1)).decode()
    bodies = [
        ("PATCH", path, '{"description": "%s"}'),
        ("PATCH", path, '{"name": "%s"}'),
        ("PATCH", f"{path}/tags/{tag.get('id', NOBODY)}", '{"name": "%s", "type": "Regular"}'),
        (
            "POST",
            f"{path}/images/files",
            '{"images": [{"name": "%s", "contents": "' + photo + '"}]}',
        ),
        ("POST", f"{path}/images/files", '{"images": [{"name": "a", "contents": "%s"}]}'),
        ("POST", f"{path}/images/files", '{"images": [{"name": "a", "tagIds": ["%s"]}]}'),
        ("POST", f"{path}/images/files", '{"images": [], "metadata": {"%s": "v"}}'),
        (
            "POST",
            f"{path}/images/files",
            '{"images": [{"contents": "' + photo + '"}], "metadata": {"k": "%s"}}',
        ),
        ("POST", f"{path}/images/urls", '{"images": [{"url": "%s"}]}'),
        ("POST", f"{path}/images/urls", '{"images": [{"url": "http://%s/"}]}'),
        ("POST", f"{path}/images/tags", '{"tags": [{"imageId": "%s", "tagId": "%s"}]}'),
        ("POST", f"{path}/predictions/query", '{"application": "%s"}'),
        ("POST", f"{path}/predictions/query", '{"continuation": "%s", "session": "%s"}'),
        ("POST", f"{path}/predictions/query", '{"orderBy": "%s"}'),
        ("POST", f"{path}/predictions/query", '{"startTime": "%s"}'),
        ("POST", f"{path}/train", '{"selectedTags": ["%s"]}'),
        ("POST", f"{path}/quicktest/url", '{"url": "%s"}'),
    ]
    for method, address, body in bodies:
        # What is below 500, JSON and flat is checked on its way; see clients.py.
        straying_wire.train(method, address, data=body.replace("%s", text), headers=JSON)


@pytest.mark.parametrize(
    "text", ["%00", "a%00b", "%ED%A0%80", "%FF", "%1B%5B2J", "%F0%9F%8D%95", "%"]
)
def test_texts_in_addresses_never_crash_the_server(
    straying_wire: Wire, project: m.Project, trained: Trained, text: str
) -> None:
    path = f"/projects/{project.id}"
    for method, address in [
        ("POST", f"{path}/tags?name={text}"),
        ("POST", f"{path}/tags?name=a&description={text}"),
        ("POST", f"{path}/tags?name=a&type={text}"),
        ("GET", f"{path}/tags/{text}"),
        ("GET", f"/projects/{text}"),
        ("GET", f"/domains/{text}"),
        ("GET", f"{path}/images?tagIds={text}&$filter={text}"),
        ("GET", f"{path}/images?$filter=metadata=k%20eq%20'{text}'"),
        ("GET", f"{path}/images/count?taggingStatus={text}"),
        ("GET", f"{path}/images/id?imageIds={text}"),
        ("GET", f"{path}/artifacts?path={text}"),
        ("POST", f"{path}/train?notificationEmailAddress={text}"),
        ("POST", f"/projects/import?token={text}&name={text}"),
        ("DELETE", f"{path}/predictions?ids={text}"),
        ("DELETE", f"{path}/images/tags?imageIds={text}&tagIds={text}"),
        ("POST", f"{path}/iterations/{NOBODY}/publish?publishName={text}&predictionId={text}"),
        ("GET", f"{path}/iterations/{NOBODY}/performance?threshold={text}"),
    ]:
        straying_wire.train(method, address)
    photo = {"Content-Type": "application/octet-stream"}
    for address in (
        f"/{trained.id}/classify/iterations/{text}/image",
        f"/{text}/classify/iterations/dishes/image",
        f"/{trained.id}/classify/iterations/dishes/image?application={text}",
    ):
        straying_wire.predict("POST", address, data=dish("cannoli", 1), headers=photo)


@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b"[]",
        b"3",
        b'"text"',
        b"{",
        b"\xff\xfe",
        b'{"images": null}',
        b'{"images": {}}',
        b'{"images": [null]}',
        b'{"images": [3]}',
        b'{"images": [{}]}',
        b'{"images": [{"contents": 3}]}',
        b'{"images": [{"contents": ""}]}',
        b'{"images": [{"contents": "AAAA", "tagIds": 3}]}',
        b'{"tags": [{}]}',
        b'{"tags": [null]}',
        b'{"selectedTags": [null]}',
        b'{"maxCount": 1e99}',
        b'{"maxCount": 99999999999999999999}',
        b'{"tags": [{"id": "%s", "minThreshold": NaN}]}' % NOBODY.encode(),
        b'{"a":' * 2000 + b"1" + b"}" * 2000,
        b"[" * 100_000,
    ],
    ids=range(22),
)
def test_bodies_of_another_shape_never_crash_the_server(
    straying_wire: Wire, project: m.Project, body: bytes
) -> None:
    path = f"/projects/{project.id}"
    for address in (
        f"{path}/images/files",
        f"{path}/images/urls",
        f"{path}/images/predictions",
        f"{path}/images/tags",
        f"{path}/images/regions",
        f"{path}/images/metadata?imageIds={NOBODY}",
        f"{path}/images/suggested?iterationId={NOBODY}",
        f"{path}/images/suggested/count?iterationId={NOBODY}",
        f"{path}/predictions/query",
        f"{path}/train",
        f"{path}/quicktest/url",
        "/projects?name=",
    ):
        straying_wire.train("POST", address, data=body, headers=JSON)
    for address in (path, f"{path}/tags/{NOBODY}", f"{path}/iterations/{NOBODY}"):
        straying_wire.train("PATCH", address, data=body, headers=JSON)


@pytest.mark.parametrize(
    "query",
    ["threshold=nan", "threshold=inf", "threshold=x", "overlapThreshold=7"],
)
def test_numbers_that_are_none(straying_wire: Wire, trained: Trained, query: str) -> None:
    path = f"/projects/{trained.id}/iterations/{trained.iteration.id}/performance?{query}"
    answer = straying_wire.train("GET", path)
    assert answer.status_code == 400, answer.text


def test_lines_in_base64_are_read(straying_wire: Wire, project: m.Project) -> None:
    contents = base64.encodebytes(dish("risotto", 77)).decode()
    assert "\n" in contents
    body = json.dumps({"images": [{"name": "a.jpg", "contents": contents}]})
    path = f"/projects/{project.id}/images/files"
    answer = straying_wire.train("POST", path, data=body, headers=JSON)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--cut\r\n"),
        ("multipart/form-data; boundary=cut", b""),
        ("multipart/form-data; boundary=cut", b"--cut--\r\n"),
        ("multipart/form-data; boundary=cut", b"--cut\r\n\r\n--cut--"),
        ("multipart/form-data; boundary=" + "c" * 300, b"--cut\r\n"),
        ("application/x-www-form-urlencoded", b"imageData=a"),
        ("image/jpeg", dish("cannoli", 1)),
        ("", dish("cannoli", 1)),
    ],
    ids=range(8),
)
def test_forms_that_are_none_never_crash_the_server(
    straying_wire: Wire, project: m.Project, trained: Trained, kind: str, body: bytes
) -> None:
    headers = {"Content-Type": kind}
    straying_wire.train("POST", f"/projects/{project.id}/images", data=body, headers=headers)
    straying_wire.train(
        "POST", f"/projects/{trained.id}/quicktest/image", data=body, headers=headers
    )
    name = f"/{trained.id}/classify/iterations/{trained.publish_name}"
    straying_wire.predict("POST", f"{name}/image/nostore", data=body, headers=headers)
