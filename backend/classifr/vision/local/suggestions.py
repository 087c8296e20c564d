"""What a trained iteration makes of training images, from embeddings that are kept."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import structlog
from sqlalchemy import select, text

from classifr.concurrency import RETRY_AFTER_SECONDS, BoundedExecutor, ExecutorFull
from classifr.database.models import TrainingImage
from classifr.database.session import Database
from classifr.engine.classifier import Classifier, classify
from classifr.engine.functional import Float32Array, Float64Array
from classifr.engine.measures.uncertainty import uncertainty
from classifr.errors import NotReady, Overloaded, TrainingImageNotFound
from classifr.storage.port import Storage
from classifr.vision.local.embedding.backbones import UNUSABLE
from classifr.vision.local.embedding.rows import ImageFile, read_embeddings, store_embeddings
from classifr.vision.local.publishing.models import SHOWN_DECIMALS, Model
from classifr.vision.values import SuggestedImages, Suggestion

logger = structlog.get_logger()

#: Images that a search embeds before it answers; what more there is, the next ones do.
EMBEDDED_BY_SEARCH = 64
#: Untagged images that are looked at at once. More would hold up what others ask meanwhile.
_CHUNK = 250

# Arrays, because many rows take long to become objects.
_UNTAGGED = text("""
    select coalesce(array_agg(id order by id desc), '{}') as ids,
        coalesce(array_agg(sha256 order by id desc), '{}') as sha256s
    from training_images where project_id = :project_id and is_untagged
""")
_NOT_EMBEDDED = text("""
    select sha256, image_key, name from training_images as image
    where project_id = :project_id and is_untagged and not exists (
        select from embeddings where sha256 = image.sha256 and backbone = :backbone
    )
    order by id desc limit :limit
""")


@dataclass(frozen=True)
class _Asked:
    """An image of the project."""

    id: UUID
    file: ImageFile


class Suggestions:
    """Answers from the table of embeddings; images that are new to the backbone are embedded."""

    def __init__(self, database: Database, storage: Storage, *, lanes: int) -> None:
        """lanes: images embedded at the same time in the process, so that others get their turn."""
        self._database = database
        self._storage = storage
        self._lanes = asyncio.Semaphore(lanes)

    async def suggest(
        self, model: Model, executor: BoundedExecutor, image_ids: Sequence[UUID]
    ) -> Sequence[Suggestion]:
        """As `Vision.suggest`."""
        asked = await self._find(model.project_id, image_ids)
        sha256s = [image.file.sha256 for image in asked]
        known = await self._read(model, sha256s)
        new = {image.file.sha256: image.file for image in asked if image.file.sha256 not in known}
        known |= await self._embed(model, executor, list(new.values()))
        usable = [image.id for image in asked if image.file.sha256 in known]
        if not usable:
            return []
        embeddings = np.stack([known[sha256] for sha256 in sha256s if sha256 in known])
        return await asyncio.to_thread(_suggestions, model, usable, embeddings)

    async def search(
        self,
        model: Model,
        executor: BoundedExecutor,
        *,
        tag_ids: Sequence[UUID],
        threshold: float,
    ) -> SuggestedImages:
        """As `Vision.find_suggested`."""
        await self._embed_some(model, executor)
        images: list[tuple[UUID, float]] = []
        counts = dict.fromkeys(tag_ids or [tag.id for tag in model.outputs.tags], 0)
        columns = [number for number, tag in enumerate(model.outputs.tags) if tag.id in counts]
        async for ids, embeddings in self._untagged(model):
            probabilities, doubts = await asyncio.to_thread(
                _judge, require_classifier(model), embeddings
            )
            is_likely = probabilities[:, columns] >= threshold
            for column, count in zip(columns, is_likely.sum(axis=0).tolist(), strict=True):
                counts[model.outputs.tags[column].id] += count
            chosen = np.flatnonzero(is_likely.any(axis=1)).tolist()
            images += [(ids[row], float(doubts[row])) for row in chosen]
        return SuggestedImages(images, counts)

    async def _find(self, project_id: UUID, image_ids: Sequence[UUID]) -> list[_Asked]:
        """Raises: TrainingImageNotFound."""
        query = select(
            TrainingImage.id, TrainingImage.sha256, TrainingImage.image_key, TrainingImage.name
        ).where(TrainingImage.id.in_(image_ids), TrainingImage.project_id == project_id)
        async with self._database.lone_statement() as session:
            rows = {
                row[0]: _Asked(row[0], ImageFile(*row[1:])) for row in await session.execute(query)
            }
        if missing := [image_id for image_id in image_ids if image_id not in rows]:
            raise TrainingImageNotFound(f"The project has no image {missing[0]}.")
        return [rows[image_id] for image_id in dict.fromkeys(image_ids)]

    async def _read(self, model: Model, sha256s: Sequence[str]) -> dict[str, Float32Array]:
        backbone = model.backbone.backbone
        embeddings, found = await read_embeddings(
            self._database, backbone.key, sha256s, backbone.dimension
        )
        return {sha256s[place]: embeddings[row] for row, place in enumerate(found.tolist())}

    async def _untagged(self, model: Model) -> AsyncIterator[tuple[list[UUID], Float32Array]]:
        """The untagged images that are embedded, a chunk at a time."""
        async with self._database.lone_statement() as session:
            rows = (await session.execute(_UNTAGGED, {"project_id": model.project_id})).one()
        backbone = model.backbone.backbone
        for start in range(0, len(rows.ids), _CHUNK):
            chunk = slice(start, start + _CHUNK)
            ids, sha256s = rows.ids[chunk], rows.sha256s[chunk]
            embeddings, found = await read_embeddings(
                self._database, backbone.key, sha256s, backbone.dimension
            )
            if len(found):
                yield [ids[place] for place in found.tolist()], embeddings

    async def _embed_some(self, model: Model, executor: BoundedExecutor) -> None:
        values = {
            "project_id": model.project_id,
            "backbone": model.backbone.backbone.key,
            "limit": EMBEDDED_BY_SEARCH,
        }
        async with self._database.lone_statement() as session:
            files = [ImageFile(*row) for row in await session.execute(_NOT_EMBEDDED, values)]
        await self._embed(model, executor, files)

    async def _embed(
        self, model: Model, executor: BoundedExecutor, files: Sequence[ImageFile]
    ) -> dict[str, Float32Array]:
        """Embed and store; files that are gone or cannot be read are left out.

        Raises: Overloaded.
        """

        async def one(file: ImageFile) -> Float32Array | None:
            async with self._lanes:
                try:
                    data = await self._storage.get(file.image_key)
                    return await executor.run(model.backbone.embedding, data)
                except UNUSABLE as error:
                    logger.warning("image_unusable", key=file.image_key, reason=error.detail)
                    return None
                except ExecutorFull:
                    raise Overloaded(retry_after_seconds=RETRY_AFTER_SECONDS) from None

        results = await asyncio.gather(*(one(file) for file in files), return_exceptions=True)
        embedded = {
            file.sha256: result
            for file, result in zip(files, results, strict=True)
            if isinstance(result, np.ndarray)
        }
        if embedded:
            async with self._database.transaction() as session:
                await store_embeddings(session, model.backbone.backbone.key, embedded)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return embedded


def require_classifier(model: Model) -> Classifier:
    """The trained part of a model. Raises: NotReady if it has none."""
    if model.classifier is None:
        raise NotReady
    return model.classifier


def _judge(classifier: Classifier, embeddings: Float32Array) -> tuple[Float64Array, Float64Array]:
    """(n, tags) probabilities and (n,) uncertainties, with the digits that are shown."""
    probabilities = classify(classifier, embeddings).probabilities.round(SHOWN_DECIMALS)
    return probabilities, uncertainty(probabilities, classifier.head.kind).round(SHOWN_DECIMALS)


def _suggestions(
    model: Model, image_ids: Sequence[UUID], embeddings: Float32Array
) -> Sequence[Suggestion]:
    probabilities, doubts = _judge(require_classifier(model), embeddings)
    likeliest_first = np.argsort(-probabilities, axis=1, kind="stable")
    return [
        Suggestion(
            image_id=image_id,
            tags=tuple(model.outputs.tags[column] for column in order),
            probabilities=tuple(row[order].tolist()),
            uncertainty=float(doubt),
        )
        for image_id, row, order, doubt in zip(
            image_ids, probabilities, likeliest_first, doubts, strict=True
        )
    ]
