"""One iteration against another, on the held-out images of the project as it is now."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import numpy as np
from sqlalchemy import text

from classifr.database.session import Database
from classifr.engine.functional import BoolArray, Float32Array, Float64Array
from classifr.engine.learning.features import to_features
from classifr.engine.learning.head import Head, probabilities
from classifr.engine.learning.split import is_held_out
from classifr.engine.measures.comparison import Contender, compare_models
from classifr.vision.judging.comparison import comparison_value
from classifr.vision.local.embedding.rows import read_embeddings
from classifr.vision.local.iterations.evaluation import Evaluation
from classifr.vision.local.iterations.judgements import Judged, Judgements
from classifr.vision.reports import Comparison
from classifr.vision.values import IterationValue

_IMAGES = text("""
    select image.sha256, array_agg(tag.name)
    from training_images image
    join image_tags on image_tags.image_id = image.id
    join tags tag on tag.id = image_tags.tag_id
    where image.project_id = :project_id
    group by image.id
""")
# So many images are read at a time.
_CHUNK = 2000


@dataclass(frozen=True, eq=False)
class _HeldOut:
    """The held-out images of a project now. Tags go by name, as people know them."""

    sha256s: list[str]
    tags: list[str]
    labels: BoolArray  #: (images, tags)


@dataclass(frozen=True, eq=False)
class _Answers:
    """What an iteration says of images, where it can be asked."""

    is_known: BoolArray  #: (images,)
    probabilities: Float64Array  #: (images, tags of the iteration)


async def compare_iterations(
    database: Database,
    judgements: Judgements,
    iteration: IterationValue,
    reference: IterationValue,
) -> Comparison:
    """As `Reports.compare`. What is compared are the heads that never saw these images."""
    ours, theirs = await judgements.get(iteration.id), await judgements.get(reference.id)
    images = await _tagged_images(database, iteration.project_id)
    # A tag that no held-out image shows can still be what a model wrongly says.
    known = {*_names(iteration), *_names(reference)}
    held_out = await judgements.compute(lambda: _held_out(images, known))
    our_answers = await _answers(database, judgements, ours, iteration, held_out.sha256s)
    their_answers = await _answers(database, judgements, theirs, reference, held_out.sha256s)

    is_known = our_answers.is_known & their_answers.is_known
    compared = await judgements.compute(
        lambda: compare_models(
            Contender(_names(iteration), our_answers.probabilities[is_known]),
            Contender(_names(reference), their_answers.probabilities[is_known]),
            held_out.tags,
            held_out.labels[is_known],
            ours.judgement.kind,
        )
    )
    return comparison_value(compared, iteration, reference)


async def _tagged_images(database: Database, project_id: UUID) -> list[tuple[str, list[str]]]:
    """The digest and the tags of every image that has any."""
    images: list[tuple[str, list[str]]] = []
    async with database.transaction() as session:
        # Some at a time, because reading all at once would hold up every request.
        found = await session.stream(_IMAGES, {"project_id": project_id})
        async for rows in found.partitions(_CHUNK):
            images += [(row[0], row[1]) for row in rows]
    return images


def _held_out(images: Sequence[tuple[str, list[str]]], known: set[str]) -> _HeldOut:
    held_out = sorted((sha256, names) for sha256, names in images if is_held_out(sha256))
    tags = sorted(known.union(*(names for _, names in held_out)))
    columns = {name: column for column, name in enumerate(tags)}
    labels = np.zeros((len(held_out), len(tags)), np.bool_)
    for row, (_, names) in enumerate(held_out):
        labels[row, [columns[name] for name in names]] = True
    return _HeldOut([sha256 for sha256, _ in held_out], tags, labels)


async def _answers(
    database: Database,
    judgements: Judgements,
    judged: Judged,
    iteration: IterationValue,
    sha256s: list[str],
) -> _Answers:
    """Those given when it was judged, and new ones for the images that came later."""
    one = judged.evaluation
    given = await judgements.compute(lambda: _given_answers(one, sha256s))
    answers, is_known = given.probabilities, given.is_known
    later = np.flatnonzero(~is_known)
    for start in range(0, len(later), _CHUNK):
        chunk = later[start : start + _CHUNK]
        embeddings, found = await read_embeddings(
            database,
            iteration.backbone or "",
            [sha256s[index] for index in chunk],
            one.head.weights.shape[0],
        )
        answers[chunk[found]] = await judgements.compute(partial(_ask, one.head, embeddings))
        is_known[chunk[found]] = True
    return _Answers(is_known, answers)


def _given_answers(evaluation: Evaluation, sha256s: list[str]) -> _Answers:
    """What was said of these images when the iteration was judged."""
    rows = {sha256: row for row, sha256 in enumerate(evaluation.sha256s)}
    places = np.array([rows.get(sha256, -1) for sha256 in sha256s], np.int64)
    is_known = places >= 0
    answers = np.zeros((len(sha256s), len(evaluation.tag_ids)))
    answers[is_known] = evaluation.probabilities[places[is_known]]
    return _Answers(is_known, answers)


def _ask(head: Head, embeddings: Float32Array) -> Float64Array:
    return probabilities(head, to_features(embeddings))


def _names(iteration: IterationValue) -> list[str]:
    return [tag.name for tag in iteration.tags]
