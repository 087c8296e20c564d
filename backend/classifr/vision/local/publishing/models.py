"""Trained models in memory, ready to answer."""

import asyncio
from dataclasses import dataclass, replace
from uuid import UUID

from classifr.engine.backbones.imagenet import imagenet_tags
from classifr.engine.classifier import Classifier, ClassifierDamaged, classifier_from_bytes
from classifr.errors import BackboneInvalid, ImageGone, NotReady
from classifr.storage.port import Storage
from classifr.vision.classification import Outputs
from classifr.vision.local.embedding.backbones import Backbones, LoadedBackbone
from classifr.vision.local.iterations.files import model_key
from classifr.vision.port import BUILTIN_NAME, BUILTIN_PROJECT_ID, IMAGENET_ITERATION_ID
from classifr.vision.values import IterationTagValue

#: No model is known better than that; each digit more costs time with a thousand tags.
SHOWN_DECIMALS = 7


@dataclass(frozen=True, eq=False)
class Model:
    """Everything that an answer needs. Threads share it; it never changes."""

    project_id: UUID
    project: str  #: Its name.
    iteration_id: UUID
    iteration: str  #: Its name.
    outputs: Outputs
    backbone: LoadedBackbone
    classifier: Classifier | None  #: None: the outputs are the backbone's own classes.

    def renamed(
        self, *, project: str, iteration: str, tags: tuple[IterationTagValue, ...]
    ) -> "Model":
        """The same model under the names that things have now."""
        outputs = self.outputs if tags == self.outputs.tags else Outputs.of(tags)
        return replace(self, project=project, iteration=iteration, outputs=outputs)


def imagenet_model(backbone: LoadedBackbone) -> Model:
    """The backbone's own thousand tags. backbone: the default one."""
    return Model(
        BUILTIN_PROJECT_ID,
        BUILTIN_NAME,
        IMAGENET_ITERATION_ID,
        BUILTIN_NAME,
        Outputs(imagenet_tags(), ()),
        backbone,
        classifier=None,
    )


async def load_model(
    storage: Storage,
    backbones: Backbones,
    *,
    project_id: UUID,
    project: str,
    iteration_id: UUID,
    iteration: str,
    tags: tuple[IterationTagValue, ...],
) -> Model:
    """A trained iteration's model, from the storage.

    Raises: NotReady if it is missing or damaged, or its backbone is; StorageUnavailable.
    """
    try:
        data = await storage.get(model_key(iteration_id))
        classifier, backbone = await asyncio.to_thread(_read, data, backbones)
        if classifier.head.bias.shape != (len(tags),):
            raise ClassifierDamaged("its head does not have the iteration's tags")
    except (ImageGone, ClassifierDamaged, BackboneInvalid) as error:
        reason = "it is missing" if isinstance(error, ImageGone) else str(error).rstrip(".")
        raise NotReady(
            f"The model of {iteration} cannot be loaded: {reason}. Train it again."
        ) from error
    return Model(
        project_id,
        project,
        iteration_id,
        iteration,
        Outputs.of(tags),
        backbone,
        classifier,
    )


def _read(data: bytes, backbones: Backbones) -> tuple[Classifier, LoadedBackbone]:
    classifier = classifier_from_bytes(data)
    return classifier, backbones.get(classifier.backbone_key)
