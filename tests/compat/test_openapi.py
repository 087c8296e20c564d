"""The check against the published files itself: it takes what they show and sees what is wrong."""

import json
from typing import Any

import pytest
from tests.compat.clients import SPECS
from tests.compat.openapi import FOLDER, Exchange, check_answer

needs_specs = pytest.mark.skipif(not SPECS.all, reason=f"{FOLDER} is not there")
#: Examples that break the rules of their own files: counts as strings, an order that is none.
SLIPS = {
    "GetTaggedImageCount",
    "GetUntaggedImageCount",
    "GetImagePerformanceCount",
    "QuerySuggestedImages",
}
URL = "http://h/customvision/v3.4-preview/training"
PROJECT_ID = "bc3f7dad-5544-468c-8573-3ef04d55463e"


def exchange(path: str, status: int, body: object, **changes: Any) -> Exchange:
    asked = {"method": "GET", "sent_type": "", "sent": b"", **changes}
    headers = {"content-type": "application/json; charset=utf-8"}
    content = b"" if body is None else json.dumps(body).encode()
    return Exchange(url=URL + path, status=status, headers=headers, body=content, **asked)


@needs_specs
@pytest.mark.parametrize("spec", SPECS.all, ids=lambda spec: spec.base)
def test_the_published_examples_fit(spec: Any) -> None:
    misfits = set()
    for operation in spec.operations:
        for example in operation.examples():
            for status, answer in example["responses"].items():
                schema = operation.schema(int(status))
                if schema is None or schema.get("type") == "file" or "body" not in answer:
                    continue
                try:
                    spec.check(answer["body"], schema, title=operation.name)
                except AssertionError:
                    misfits.add(operation.name)
    assert misfits <= SLIPS


@needs_specs
def test_paths_are_found_in_any_case_and_with_repeated_slashes() -> None:
    base = "http://h//CustomVision//V3.3/Training"
    found = {
        f"{base}/Projects/import": ("POST", "ImportProject"),
        f"{base}/projects/{PROJECT_ID}": ("GET", "GetProject"),
        f"{base}/projects/{PROJECT_ID}/Images/tagged/count?a=b": ("GET", "GetTaggedImageCount"),
        f"http://h/customvision/v3.0/prediction/{PROJECT_ID}/classify/iterations/a%20b/image": (
            "POST",
            "ClassifyImage",
        ),
    }
    for url, (method, name) in found.items():
        operation = SPECS.find(method, url)
        assert operation is not None
        assert operation.name == name
    assert SPECS.find("GET", f"{base}/nothing") is None


TAG = {"id": PROJECT_ID, "name": "a", "description": "", "type": "Regular", "imageCount": 0}


@needs_specs
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (201, TAG),
        (200, {**TAG, "id": "7"}),
        (200, {**TAG, "imageCount": "0"}),
        (200, {**TAG, "image_count": 0}),
        (200, {name: value for name, value in TAG.items() if name != "name"}),
        (200, [TAG]),
        (400, {"code": "NoSuchCode", "message": ""}),
        (400, {"code": "BadRequest"}),
        (400, {"error": {"code": "BadRequest", "message": ""}}),
        (403, {"code": "401", "message": ""}),
    ],
)
def test_answers_that_do_not_fit_are_seen(status: int, body: object) -> None:
    path = f"/projects/{PROJECT_ID}/tags/{PROJECT_ID}"
    SPECS.check(exchange(path, 200, TAG))
    SPECS.check(exchange(path, 401, {"code": "401", "message": ""}))
    with pytest.raises(AssertionError):
        SPECS.check(exchange(path, status, body))


@needs_specs
def test_a_granted_request_that_does_not_fit_is_seen() -> None:
    path = f"/projects/{PROJECT_ID}/tags/{PROJECT_ID}"
    with pytest.raises(AssertionError):
        SPECS.check(exchange(f"{path}?colour=red", 200, TAG))
    sent = {"method": "PATCH", "sent_type": "application/json"}
    SPECS.check(exchange(path, 200, TAG, sent=json.dumps(TAG).encode(), **sent))
    with pytest.raises(AssertionError):
        SPECS.check(exchange(path, 200, TAG, sent=b'{"name": 3}', **sent))
    with pytest.raises(AssertionError, match="has a body"):
        SPECS.check(exchange(path, 204, {}, method="DELETE"))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {"code": "ErrorUnknown", "message": "a"}),
        (404, {"detail": "Not Found"}),
        (404, {"code": "NotFound", "message": "a", "more": "b"}),
        (400, {"code": "", "message": "a"}),
        (400, ["BadRequest"]),
    ],
)
def test_errors_of_another_shape_are_seen(status: int, body: object) -> None:
    check_answer(exchange("/projects", 404, {"code": "NotFound", "message": "a"}))
    with pytest.raises(AssertionError):
        check_answer(exchange("/projects", status, body))
