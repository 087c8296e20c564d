"""What was said of each held-out image: pure functions."""

from collections.abc import Collection, Sequence
from uuid import UUID

import numpy as np

from classifr.engine.functional import Int64Array
from classifr.vision.judging.judgement import Judgement
from classifr.vision.reports import ImagePerformance, OutputProbability
from classifr.vision.values import ImageTagValue, IterationTagValue


def rows_with_tags(
    judgement: Judgement, tags: Sequence[IterationTagValue], tag_ids: Collection[UUID]
) -> Int64Array:
    """The places of the images that show any of the tags; of all if there are none."""
    if not tag_ids:
        return np.arange(len(judgement.image_ids), dtype=np.int64)
    columns = [place for place, tag in enumerate(tags) if tag.id in tag_ids]
    return np.flatnonzero(judgement.labels[:, columns].any(axis=1))


def image_performance(
    judgement: Judgement, tags: Sequence[IterationTagValue], row: int
) -> ImagePerformance:
    """The image at a place. tags: the iteration's, in the order of the outputs."""
    probabilities = judgement.probabilities[row]
    # Stable, so that equals stay in the order of the outputs.
    likeliest_first = np.argsort(-probabilities, kind="stable").tolist()
    return ImagePerformance(
        image_id=judgement.image_ids[row],
        tags=[
            ImageTagValue(tags[column].id, tags[column].name)
            for column in np.flatnonzero(judgement.labels[row]).tolist()
        ],
        outputs=[
            OutputProbability(tags[column], float(probabilities[column]))
            for column in likeliest_first
        ],
    )
