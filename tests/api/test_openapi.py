"""The OpenAPI document, as people and client generators read it."""

import json
from collections.abc import Iterator
from typing import Annotated

import pytest
from fastapi import FastAPI, Query
from fastapi.routing import iter_route_contexts
from tests.api.test_every_route import OPEN_TO_ANYONE, admin_operations

from classifr.errors import BadRequest, CursorInvalid, Overloaded, TooManyAttempts
from classifr.feedback.schemas import FeedbackCreate
from classifr.openapi import error_responses
from classifr.predictions.options import Options

REFUSALS = {"not_signed_in", "token_invalid", "api_key_invalid"}


@pytest.fixture(scope="session")
def document(app: FastAPI) -> dict:
    return app.openapi()


@pytest.fixture(scope="session")
def operations(document: dict) -> dict[str, dict]:
    """Every operation by its method and path, such as `GET /tags`."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def codes(operation: dict, status: int) -> set[str]:
    """The error codes documented for a status."""
    answer = operation["responses"].get(str(status), {})
    return set(answer.get("content", {}).get("application/json", {}).get("examples", {}))


def test_routes_that_need_a_token_say_how_they_refuse(app: FastAPI, operations: dict) -> None:
    for_admins = {f"{method} {path}" for method, path in admin_operations(app)}
    # Who may not train may not make a key that trains either.
    for_admins.add("POST /auth/keys")
    for where, operation in operations.items():
        is_open = where.split()[1] in OPEN_TO_ANYONE
        assert ("security" in operation) is not is_open, where
        if not is_open:
            assert codes(operation, 401) >= REFUSALS, where
            assert "scope_missing" in codes(operation, 403), where
            assert "database_unavailable" in codes(operation, 503), where
        assert ("admin_only" in codes(operation, 403)) is (where in for_admins), where
        assert codes(operation, 500) == {"internal_error"}, where


def test_routes_that_take_something_say_how_they_refuse_it(operations: dict) -> None:
    for where, operation in operations.items():
        has_body = "requestBody" in operation
        takes = has_body or "parameters" in operation
        assert ("unprocessable" in codes(operation, 422)) is bool(takes), where
        assert ("request_too_large" in codes(operation, 413)) is has_body, where


def test_a_token_or_an_api_key_signs_in(document: dict, operations: dict) -> None:
    schemes = document["components"]["securitySchemes"]
    assert schemes["OAuth2PasswordBearer"]["flows"]["password"]["tokenUrl"] == "/auth/token"
    assert schemes["ApiKey"]["name"] == "X-API-Key"
    either = [{"OAuth2PasswordBearer": []}, {"ApiKey": []}]
    assert operations["POST /predict"]["security"] == either


def test_errors_are_documented_in_our_shape(document: dict, operations: dict) -> None:
    assert "ValidationError" not in json.dumps(document)
    for where, operation in operations.items():
        for status, answer in operation["responses"].items():
            if status.startswith("2") or (where, status) == ("GET /health/ready", "503"):
                continue
            content = answer["content"]["application/json"]
            assert content["schema"] == {"$ref": "#/components/schemas/ErrorRead"}, where
            for code, example in content["examples"].items():
                assert set(example["value"]) == {"error", "detail"}
                assert example["value"]["error"] == code
                assert code in answer["description"]


def test_whoever_has_to_wait_is_told_where_the_time_stands(operations: dict) -> None:
    for where, operation in operations.items():
        for status in ("429", "503"):
            if status in operation["responses"] and where != "GET /health/ready":
                assert "Retry-After" in operation["responses"][status]["headers"], where


def test_operation_ids_are_the_functions_names(app: FastAPI, operations: dict) -> None:
    ids = [operation["operationId"] for operation in operations.values()]
    assert len(ids) == len(set(ids))
    functions = {
        context.endpoint.__name__
        for context in iter_route_contexts(app.routes)
        if getattr(context, "dependant", None) is not None
    }
    assert set(ids) == functions


def test_every_body_has_an_example_that_fits_it(app: FastAPI, operations: dict) -> None:
    seen = 0
    for where, model, examples in bodies(app):
        assert examples, where
        for example in examples:
            model.model_validate(example)
        seen += 1
    assert seen == sum(
        "application/json" in operation.get("requestBody", {}).get("content", {})
        for operation in operations.values()
    )
    form = operations["POST /auth/token"]["requestBody"]["content"]
    assert set(form["application/x-www-form-urlencoded"]["example"]) >= {"username", "password"}


def bodies(app: FastAPI) -> Iterator[tuple[str, type, list]]:
    """Where a JSON body is taken, its model and its examples."""
    for context in iter_route_contexts(app.routes):
        dependant = getattr(context, "dependant", None)
        for field in dependant.body_params if dependant else ():
            model = field.field_info.annotation
            yield context.path, model, model.model_json_schema().get("examples", [])
    # This route reads its own body.
    yield "/feedback", FeedbackCreate, FeedbackCreate.model_json_schema()["examples"]


def test_images_are_documented_as_bytes(operations: dict) -> None:
    file = {"type": "string", "format": "binary"}
    image = operations["GET /admin/wrong-predictions/{wrong_prediction_id}/{rendition}"]
    assert image["responses"]["200"]["content"]["image/jpeg"]["schema"] == file
    for path, field in (("/predict", "image"), ("/predict/batch", "images")):
        content = operations[f"POST {path}"]["requestBody"]["content"]["multipart/form-data"]
        sent = content["schema"]["properties"][field]
        assert file.items() <= sent.get("items", sent).items()


def test_errors_of_one_status_share_an_answer() -> None:
    answers = error_responses(CursorInvalid, Overloaded, BadRequest, TooManyAttempts)
    assert list(answers) == [400, 429, 503]
    assert answers[400]["description"].splitlines() == [
        f"- `cursor_invalid`: {CursorInvalid.message}",
        f"- `bad_request`: {BadRequest.message}",
    ]


def test_options_of_a_prediction_are_documented_as_the_framework_would(operations: dict) -> None:
    framework = FastAPI()

    @framework.post("/predict")
    async def predict(options: Annotated[Options, Query()]) -> None: ...

    expected = framework.openapi()["paths"]["/predict"]["post"]["parameters"]
    for path in ("/predict", "/predict/batch"):
        assert operations[f"POST {path}"]["parameters"] == expected
