"""Checks what goes over the wire against the published OpenAPI 2 files of Custom Vision."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema

#: The published files, where they lie beside the checkout.
FOLDER = Path(__file__).parents[3] / "shared" / "customvision" / "specs"

#: Recorded answers of the service have null here, though the files call these never null.
NULL_ON_THE_WIRE = {
    ("Iteration", "publishName"),
    ("Iteration", "originalPublishResourceId"),
    ("Project", "thumbnailUri"),
    ("ProjectSettings", "detectionParameters"),
    ("Export", "downloadUri"),
    ("PredictionQueryToken", "session"),
    ("PredictionQueryToken", "continuation"),
    ("PredictionQueryToken", "application"),
    ("SuggestedTagAndRegionQueryToken", "session"),
    ("SuggestedTagAndRegionQueryToken", "continuation"),
    ("SuggestedTagAndRegionQueryToken", "sortBy"),
}
#: Codes of the gateway before the service, which stand in none of the files.
GATEWAY_CODES = {401: {"401"}, 429: {"429"}}

_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?(Z|[+-]\d\d:\d\d)?")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_formats = jsonschema.FormatChecker(formats=())
_formats.checks("date-time")(lambda value: not isinstance(value, str) or _is(_DATE, value))
_formats.checks("uuid")(lambda value: not isinstance(value, str) or _is(_UUID, value))
_formats.checks("int32")(lambda value: not isinstance(value, int) or -(2**31) <= value < 2**31)


def _is(pattern: re.Pattern[str], value: str) -> bool:
    return pattern.fullmatch(value) is not None


@dataclass(frozen=True)
class Exchange:
    """A request and its answer."""

    method: str
    url: str
    sent_type: str
    sent: bytes
    status: int
    headers: Mapping[str, str]  #: Of the answer, whatever their case.
    body: bytes

    @property
    def title(self) -> str:
        return f"{self.method} {urlsplit(self.url).path} -> {self.status}"

    def json(self) -> object:
        return json.loads(self.body)


@dataclass(frozen=True)
class Operation:
    """One operation of one version."""

    name: str
    spec: "Spec"
    path: str
    method: str
    record: dict[str, Any]

    def statuses(self) -> set[int]:
        """With what it may succeed."""
        return {int(status) for status in self.record["responses"] if status != "default"}

    def schema(self, status: int) -> dict[str, Any] | None:
        """Of the answer; None: there is no body."""
        responses = self.record["responses"]
        found = responses.get(str(status)) or responses["default"]
        return found.get("schema")

    def parameters(self, place: str) -> dict[str, dict[str, Any]]:
        """Those in the query, path, body or formData, by name."""
        return {each["name"]: each for each in self.record["parameters"] if each.get("in") == place}

    def examples(self) -> Iterator[dict[str, Any]]:
        for reference in self.record.get("x-ms-examples", {}).values():
            yield json.loads((self.spec.file.parent / reference["$ref"]).read_text())


class Spec:
    """One published file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.record = json.loads(file.read_text())
        self.base = self.record["basePath"].lower()
        self.is_latest = "v3.4" in self.base or "v3.1/prediction" in self.base

    @cached_property
    def operations(self) -> list[Operation]:
        return [
            Operation(record["operationId"], self, path, method.upper(), record)
            for path, methods in self.record["paths"].items()
            for method, record in methods.items()
        ]

    @cached_property
    def definitions(self) -> dict[str, Any]:
        """As JSON schemas."""
        return {
            name: self._definition(name, schema)
            for name, schema in self.record["definitions"].items()
        }

    def find(self, method: str, path: str) -> Operation | None:
        """The operation behind a path, which is in any case and may repeat its slashes."""
        path = re.sub("/+", "/", path)
        if not path.lower().startswith(self.base + "/"):
            return None
        rest = path[len(self.base) :]
        fitting = [each for each in self.operations if each.method == method]
        # `/projects/import` before `/projects/{projectId}`.
        fitting.sort(key=lambda each: each.path.count("{"))
        for operation in fitting:
            pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(operation.path))
            if re.fullmatch(pattern, rest, re.IGNORECASE):
                return operation
        return None

    def check(self, value: object, schema: dict[str, Any], *, title: str) -> None:
        """Raises: AssertionError with every place that does not fit."""
        whole = {**self._schema(schema), "definitions": self.definitions}
        validator = jsonschema.Draft7Validator(whole, format_checker=_formats)
        wrong = [
            f"{best.json_path}: {best.message}"
            for error in validator.iter_errors(value)
            if (best := jsonschema.exceptions.best_match([error]))
        ]
        assert not wrong, f"{title} does not fit {self.base}:\n" + "\n".join(wrong)

    def _definition(self, name: str, schema: dict[str, Any]) -> dict[str, Any]:
        made = self._schema(schema)
        for member in made.get("properties", {}):
            if (name, member) in NULL_ON_THE_WIRE:
                made["properties"][member] = _or_null(made["properties"][member])
        # An older client ignores what a newer version added; nothing may be beyond the newest.
        if self.is_latest and "properties" in made and "additionalProperties" not in made:
            made["additionalProperties"] = False
        if name == "CustomVisionError":
            made["additionalProperties"] = False
        return made

    def _schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """OpenAPI 2 as JSON schema: x-nullable, and enums that stay open."""
        if "$ref" in schema:
            return {"$ref": schema["$ref"]}
        kept = ("type", "format", "required", "maxItems", "minItems", "maximum", "minimum")
        made: dict[str, Any] = {name: schema[name] for name in kept if name in schema}
        if "enum" in schema:
            made["enum"] = list(schema["enum"])
        if "items" in schema:
            made["items"] = self._schema(schema["items"])
        if isinstance(schema.get("additionalProperties"), dict):
            made["additionalProperties"] = self._schema(schema["additionalProperties"])
        if "properties" in schema:
            made["properties"] = {
                name: self._member(member) for name, member in schema["properties"].items()
            }
        return made

    def _member(self, schema: dict[str, Any]) -> dict[str, Any]:
        made = self._schema(schema)
        return made if schema.get("x-nullable") is False else _or_null(made)


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


class Specs:
    """Every published file, newest last; none where they do not lie."""

    def __init__(self, folder: Path = FOLDER) -> None:
        files = sorted(folder.glob("*/*/*/*.json"))
        self.all = [Spec(file) for file in files]

    def find(self, method: str, url: str) -> Operation | None:
        path = unquote(urlsplit(url).path)
        found = (spec.find(method, path) for spec in self.all)
        return next((operation for operation in found if operation is not None), None)

    def check(self, exchange: Exchange, *, with_request: bool = True) -> None:
        """Raises: AssertionError if the answer, or a request that was granted, does not fit."""
        operation = self.find(exchange.method, exchange.url)
        if operation is None:
            return
        if exchange.status >= 400:
            self._check_error(operation, exchange)
            return
        if with_request:
            self._check_request(operation, exchange)
        assert exchange.status in operation.statuses(), exchange.title
        schema = operation.schema(exchange.status)
        if schema is None:
            assert exchange.body == b"", f"{exchange.title} has a body"
        elif schema.get("type") != "file":
            operation.spec.check(exchange.json(), schema, title=exchange.title)

    def _check_error(self, operation: Operation, exchange: Exchange) -> None:
        error = exchange.json()
        known = GATEWAY_CODES.get(exchange.status, set())
        if isinstance(error, dict) and error.get("code") in known:
            error = {**error, "code": "BadRequest"}
        # Read by the newest file of its kind: older ones know fewer codes.
        kind = operation.spec.base.rsplit("/", 1)[1]
        newest = next(spec for spec in self.all if spec.is_latest and spec.base.endswith(kind))
        schema = {"$ref": "#/definitions/CustomVisionError"}
        newest.check(error, schema, title=exchange.title)

    def _check_request(self, operation: Operation, exchange: Exchange) -> None:
        names = {name for name, _ in parse_qsl(urlsplit(exchange.url).query)}
        known = {name.lower() for name in operation.parameters("query")}
        assert {name.lower() for name in names} <= known, f"{exchange.title}: {names}"
        if "json" in exchange.sent_type and exchange.sent:
            for body in operation.parameters("body").values():
                title = f"the body of {exchange.title}"
                operation.spec.check(json.loads(exchange.sent), body["schema"], title=title)


def check_answer(exchange: Exchange) -> None:
    """What holds for every answer, whether the files lie here or not."""
    kind = exchange.headers.get("content-type", "")
    if exchange.status == 204:
        assert exchange.body == b"", f"{exchange.title} has a body"
        return
    assert exchange.status < 500, f"{exchange.title}: {exchange.body!r}"
    if exchange.status >= 400:
        assert kind.startswith("application/json"), f"{exchange.title} is {kind}"
        error = exchange.json()
        assert isinstance(error, dict), error
        assert set(error) == {"code", "message"}, f"{exchange.title}: {error}"
        assert all(isinstance(value, str) for value in error.values()), error
        assert error["code"], f"{exchange.title}: {error}"
