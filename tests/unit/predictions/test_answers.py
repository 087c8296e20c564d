"""The JSON that is written by hand is the one the schema would give."""

import json
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import pytest

from classifr.predictions.answers import as_json, as_read
from classifr.predictions.repository import NewPrediction
from classifr.predictions.service import Answer
from classifr.vision.classification import Classification, Outputs
from classifr.vision.port import BUILTIN_PROJECT_ID, IMAGENET_ITERATION_ID
from classifr.vision.values import ImageFacts, Novelty

TAGS = ("pizza", 'a "quoted" tag', "back\\slash, and comma", "crème brûlée", "寿司", "</script>")
PROBABILITIES = (0.5, 0.25, 1 / 3, 1.2345e-17, 5e-324, 0.0)


def answer(count: int, *, is_recorded: bool) -> Answer:
    facts = ImageFacts(width=512, height=384, format="JPEG", size_bytes=1, sha256="0" * 64)
    classification = Classification(
        image=facts,
        project_id=BUILTIN_PROJECT_ID,
        project="ImageNet",
        iteration="ImageNet",
        iteration_id=IMAGENET_ITERATION_ID,
        outputs=Outputs(TAGS[:count], ()),
        # Not their own order.
        order=np.arange(count)[::-1],
        probabilities=PROBABILITIES[:count],
        novelty=Novelty(0.25, is_novel=False) if is_recorded else None,
    )
    row = NewPrediction(
        id=UUID(int=7),
        user_id=1,
        project_id=BUILTIN_PROJECT_ID,
        iteration_id=IMAGENET_ITERATION_ID,
        project="ImageNet",
        iteration="ImageNet",
        tag=TAGS[0],
        probability=PROBABILITIES[0],
        top=[],
        image_sha256=facts.sha256,
        image_key="pending/7",
        created_at=datetime.now(UTC),
    )
    return Answer(classification, row if is_recorded else None)


@pytest.mark.parametrize("top", [None, 1, 3, 100])
@pytest.mark.parametrize("count", [1, len(TAGS)])
def test_json_is_what_the_schema_gives(count: int, top: int | None) -> None:
    recorded = answer(count, is_recorded=True)
    written = as_json(recorded, top=top)
    assert json.loads(written) == as_read(recorded, top=top).model_dump(mode="json")
    assert written == as_read(recorded, top=top).model_dump_json().encode()


def test_answer_that_was_not_recorded_has_no_id() -> None:
    written = json.loads(as_json(answer(1, is_recorded=False), top=None))
    assert written["id"] is None
    assert written["stored"] is False
