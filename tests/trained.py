"""Trained iterations for tests, made without training: rows, and the files of the engine."""

import hashlib
from collections.abc import Sequence
from itertools import count
from uuid import UUID, uuid4

import numpy as np
from sqlalchemy import func, select

from classifr.database.models import ImageTag, Iteration, Project, Tag, TrainingImage
from classifr.engine.backbones.backbone import EFFICIENTNET_LITE0, Backbone
from classifr.engine.classifier import Classifier, classifier_to_bytes
from classifr.engine.learning.head import Head, HeadKind
from classifr.engine.learning.novelty import Novelty
from classifr.engine.learning.split import is_held_out
from classifr.kinds import IterationStatus, TagType
from classifr.state import State
from classifr.vision.local.iterations.evaluation import Evaluation, evaluation_to_bytes
from classifr.vision.local.iterations.files import evaluation_key, model_key

DISHES = ("cannoli", "risotto")


def make_classifier(
    tags: Sequence[str],
    *,
    seed: int = 0,
    kind: HeadKind = HeadKind.MULTICLASS,
    backbone: Backbone = EFFICIENTNET_LITE0,
) -> Classifier:
    """A model that answers something definite, though nothing sensible."""
    random = np.random.default_rng(seed)
    weights = random.normal(0, 5, (backbone.dimension, len(tags))).astype(np.float32)
    centroids = np.abs(random.normal(size=(len(tags), backbone.dimension))).astype(np.float32)
    centroids /= np.linalg.norm(centroids, axis=1, keepdims=True)
    return Classifier(
        tags=tuple(tags),
        backbone_key=backbone.key,
        head=Head(kind, weights, np.zeros(len(tags), np.float32), temperature=1.0),
        novelty=Novelty(centroids, 0.5),
    )


async def make_project(state: State, name: str = "Dishes", tags: Sequence[str] = DISHES) -> UUID:
    """A project with tags and nothing else."""
    async with state.database.transaction() as session:
        project = Project(id=uuid4(), name=name)
        session.add(project)
        await session.flush()
        session.add_all(Tag(project_id=project.id, name=tag) for tag in tags)
    return project.id


async def make_iteration(
    state: State,
    project_id: UUID,
    *,
    seed: int = 0,
    status: IterationStatus = IterationStatus.COMPLETED,
    classifier: Classifier | None = None,
) -> UUID:
    """An iteration with the project's tags; with its model, if it is completed."""
    iteration_id = uuid4()
    async with state.database.transaction() as session:
        query = select(Tag).where(Tag.project_id == project_id).order_by(Tag.name)
        tags = (await session.scalars(query)).all()
        classifier = classifier or make_classifier([tag.name for tag in tags], seed=seed)
        of_project = Iteration.project_id == project_id
        number = await session.scalar(
            select(func.coalesce(func.max(Iteration.number), 0) + 1).where(of_project)
        )
        assert number is not None
        if status is IterationStatus.COMPLETED:
            await state.storage.put(model_key(iteration_id), classifier_to_bytes(classifier))
        session.add(
            Iteration(
                id=iteration_id,
                project_id=project_id,
                number=number,
                name=f"Iteration {number}",
                status=status,
                tags=[
                    {"id": str(tag.id), "name": tag.name, "type": TagType(tag.type)} for tag in tags
                ],
                backbone=classifier.backbone_key,
            )
        )
    return iteration_id


def held_out_sha256(number: int) -> str:
    """The digest of a made-up image that is held out; another one for each number."""
    digests = (hashlib.sha256(f"{number} {attempt}".encode()).hexdigest() for attempt in count())
    return next(filter(is_held_out, digests))


async def make_images(
    state: State, project_id: UUID, tags: Sequence[Sequence[str]], *, first: int = 0
) -> list[UUID]:
    """Held-out images without files, each with its tags."""
    async with state.database.transaction() as session:
        query = select(Tag.name, Tag.id).where(Tag.project_id == project_id)
        tag_ids = dict((await session.execute(query)).all())
        ids = []
        for number, names in enumerate(tags, first):
            sha256 = held_out_sha256(number)
            image = TrainingImage(
                id=uuid4(),
                project_id=project_id,
                sha256=sha256,
                image_key=f"training/{project_id}/{number}",
                width=1,
                height=1,
                format="PNG",
                size_bytes=1,
            )
            session.add(image)
            await session.flush()
            session.add_all(ImageTag(image_id=image.id, tag_id=tag_ids[name]) for name in names)
            ids.append(image.id)
    return ids


async def put_evaluation(
    state: State,
    iteration_id: UUID,
    image_ids: Sequence[UUID],
    probabilities: Sequence[Sequence[float]],
    *,
    kind: HeadKind = HeadKind.MULTICLASS,
    seed: int = 0,
) -> None:
    """Store what the iteration is to have said of these images of its project."""
    async with state.database.transaction() as session:
        iteration = await session.get_one(Iteration, iteration_id)
        query = select(TrainingImage.id, TrainingImage.sha256)
        sha256s = dict((await session.execute(query)).all())
        query = select(ImageTag.image_id, ImageTag.tag_id)
        pairs = {(row.image_id, row.tag_id) for row in await session.execute(query)}
    tag_ids = [UUID(tag["id"]) for tag in iteration.tags]
    labels = [[(image_id, tag_id) in pairs for tag_id in tag_ids] for image_id in image_ids]
    head = make_classifier([tag["name"] for tag in iteration.tags], seed=seed, kind=kind).head
    evaluation = Evaluation(
        image_ids=list(image_ids),
        sha256s=[sha256s[image_id] for image_id in image_ids],
        tag_ids=tag_ids,
        labels=np.array(labels, np.bool_).reshape(len(image_ids), len(tag_ids)),
        probabilities=np.array(probabilities, np.float64).reshape(len(image_ids), len(tag_ids)),
        head=head,
    )
    await state.storage.put(evaluation_key(iteration_id), evaluation_to_bytes(evaluation))
