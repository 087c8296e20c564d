"""Trained iterations for tests, made without training: rows, and the files of the engine."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import numpy as np
from sqlalchemy import func, select

from classifr.database.models import (
    Iteration,
    IterationStatus,
    Project,
    Tag,
    TagType,
)
from classifr.engine.backbone import EFFICIENTNET_LITE0, Backbone
from classifr.engine.classifier import Classifier, classifier_to_bytes
from classifr.engine.head import Head, HeadKind
from classifr.engine.novelty import Novelty
from classifr.state import State
from classifr.vision.local.iteration_files import model_key

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
