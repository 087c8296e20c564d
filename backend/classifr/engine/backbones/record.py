"""The record of a backbone that people bring: a small JSON file beside its ONNX file.

{
  "name": "dinov2-small",
  "model": "model.onnx",            beside the record
  "sha256": "9f86d0...",            of the ONNX file
  "input": "pixel_values",
  "layout": "NCHW",                 float32, normalised outside; or NHWC: uint8, normalised inside
  "input_size": 224,
  "mean": [123.675, 116.28, 103.53],  NCHW: subtracted from each 0..255 value; or one number
  "std": [58.395, 57.12, 57.375],     NCHW: divides what is left
  "embedding_output": "last_hidden_state",
  "token": 0,                       only where the output is (N, tokens, dimension)
  "dimension": 384,
  "licence": "Apache-2.0"
}
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class BackboneRecordInvalid(Exception):
    """The record or its ONNX file cannot be used; the message says what to change."""


class Layout(StrEnum):
    """What a model takes."""

    NHWC = "NHWC"  #: uint8, (N, H, W, 3): normalises by itself, as ours does.
    NCHW = "NCHW"  #: float32, (N, 3, H, W), normalised by whoever calls.


@dataclass(frozen=True)
class BackboneRecord:
    """The record, read and checked; each field as at the top of this file."""

    name: str
    model: str
    sha256: str
    input: str
    layout: Layout
    input_size: int
    mean: tuple[float, ...]  #: One, or one a channel.
    std: tuple[float, ...]
    embedding_output: str
    token: int | None
    dimension: int
    licence: str


def read_record(path: Path) -> BackboneRecord:
    """The record in a JSON file. Raises: BackboneRecordInvalid."""
    try:
        fields = json.loads(path.read_bytes())
    except OSError as error:
        raise BackboneRecordInvalid(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise BackboneRecordInvalid(f"{path} is not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise BackboneRecordInvalid(f"{path} does not hold a JSON object")
    reader = _Fields(path, fields)
    layout = reader.layout()
    is_outside = layout is Layout.NCHW
    return BackboneRecord(
        name=reader.text("name"),
        model=reader.text("model"),
        sha256=reader.text("sha256").lower(),
        input=reader.text("input"),
        layout=layout,
        input_size=reader.whole("input_size"),
        mean=reader.numbers("mean") if is_outside else (0.0,),
        std=reader.numbers("std") if is_outside else (1.0,),
        embedding_output=reader.text("embedding_output"),
        token=reader.whole("token", smallest=0) if "token" in fields else None,
        dimension=reader.whole("dimension"),
        licence=reader.text("licence"),
    )


@dataclass(frozen=True)
class _Fields:
    """Takes values out of a record, or says which one is wrong."""

    path: Path
    fields: dict[str, object]

    def text(self, name: str) -> str:
        value = self._get(name)
        if not isinstance(value, str) or not value:
            raise self._wrong(name, "a text")
        return value

    def whole(self, name: str, smallest: int = 1) -> int:
        value = self._get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < smallest:
            raise self._wrong(name, f"a whole number from {smallest}")
        return value

    def numbers(self, name: str) -> tuple[float, ...]:
        value = self._get(name)
        values = value if isinstance(value, list) else [value]
        is_number = [isinstance(one, int | float) and not isinstance(one, bool) for one in values]
        if len(values) not in {1, 3} or not all(is_number) or (name == "std" and 0 in values):
            raise self._wrong(name, "a number, or a list of three; std not 0")
        return tuple(map(float, values))

    def layout(self) -> Layout:
        try:
            return Layout(self.text("layout"))
        except ValueError:
            raise self._wrong("layout", "NHWC (uint8) or NCHW (float32)") from None

    def _get(self, name: str) -> object:
        if name not in self.fields:
            raise BackboneRecordInvalid(f'{self.path} lacks "{name}"')
        return self.fields[name]

    def _wrong(self, name: str, expected: str) -> BackboneRecordInvalid:
        return BackboneRecordInvalid(f'{self.path}: "{name}" must be {expected}')
