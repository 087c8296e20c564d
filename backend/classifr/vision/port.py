"""What any engine that classifies and learns can do.

Beside what they name, methods of a workspace may raise ProjectNotFound, and those that change
something BuiltinProject.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from classifr.kinds import (
    Capability,
    ClassificationType,
    ImageOrder,
    TagType,
    TrainingType,
)
from classifr.vision.classification import Classification
from classifr.vision.reports import Reports
from classifr.vision.values import (
    ImageFilter,
    ImageResult,
    ImageTagPair,
    ImageValue,
    IterationValue,
    NewImage,
    NotedImage,
    OriginalFile,
    ProjectValue,
    PublicationValue,
    SuggestedImages,
    Suggestion,
    TaggingSummary,
    TagValue,
    Target,
)

#: The project that ships with the engine, and its iteration: the backbone's own thousand tags.
#: Both have this name.
BUILTIN_NAME = "ImageNet"
BUILTIN_PROJECT_ID = UUID("00000000-0000-4000-8000-000000000000")
IMAGENET_ITERATION_ID = UUID("00000000-0000-4000-8000-000000000001")


class Vision(Protocol):
    """Classifies images. Opened once a process, then used by many requests at a time."""

    @property
    def is_ready(self) -> bool:
        """Whether it can answer now."""

    async def open(self) -> None:
        """Load what it needs to answer. Raises: BackboneInvalid if that is damaged."""

    async def close(self) -> None:
        """Finish what is running and let go of everything."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can do of that which not every engine can."""

    async def prepare(self, session: AsyncSession) -> None:
        """Record what a fresh installation starts with. Doing it again changes nothing."""

    async def tidy(self, *, keep: timedelta) -> int:
        """Delete files older than `keep` that nothing names any more; how many."""

    async def catch_up(self) -> None:
        """Return once this process answers by what is published now.

        Raises: DatabaseUnavailable.
        """

    async def classify(self, data: bytes, target: Target = ...) -> Classification:
        """Every tag's probability for the image file `data`.

        Raises: ImageFormatUnsupported, ImageTooManyPixels, ImageUnreadable;
        ProjectNotFound, NotPublished if nobody answers for the target;
        Overloaded if too many images wait already; NotReady before `open`.
        """

    async def try_iteration(
        self, data: bytes, project: ProjectValue, iteration: IterationValue
    ) -> Classification:
        """As `classify`, by an iteration of the project that need not be published.

        Raises: IterationNotTrained, BuiltinProject.
        """

    async def suggest(
        self, project: ProjectValue, iteration: IterationValue, image_ids: Sequence[UUID]
    ) -> Sequence[Suggestion]:
        """What the iteration makes of these training images, without those that cannot be read.

        Raises: TrainingImageNotFound, IterationNotTrained, BuiltinProject, Overloaded.
        """

    async def find_suggested(
        self,
        project: ProjectValue,
        iteration: IterationValue,
        *,
        tag_ids: Sequence[UUID] = (),
        threshold: float = 0.0,
    ) -> SuggestedImages:
        """The untagged images for which any of the tags, or of all, reaches the threshold.

        Raises: IterationNotTrained, BuiltinProject, Overloaded.
        """

    async def tags(self, target: Target = ...) -> tuple[str, ...]:
        """The tags of the iteration that answers now, in its own order.

        Raises: ProjectNotFound, NotPublished; NotReady before `open`.
        """

    def workspace(self, session: AsyncSession) -> "Workspace":
        """Projects, tags, images and iterations, as one unit of work sees and changes them."""

    @property
    def reports(self) -> Reports:
        """What can be told of trained iterations."""


class Projects(Protocol):
    """The projects of this engine."""

    async def create(
        self,
        *,
        name: str,
        description: str,
        classification_type: ClassificationType,
        domain_id: UUID | None = None,
        settings: Mapping[str, object] | None = None,
    ) -> ProjectValue:
        """A new project. Raises: ProjectNameTaken, LimitReached."""

    async def copy(self, project_id: UUID, *, name: str | None = None) -> ProjectValue:
        """A new project that gets the tags and images of another in a while; no iterations.

        name: one like the other's if None. Until it is whole it is Importing.
        Raises: ProjectNameTaken, LimitReached, BuiltinProject.
        """

    async def list(self) -> Sequence[ProjectValue]:
        """All of them, by name; the built-in one last."""

    async def get(self, project: str) -> ProjectValue:
        """The project of this id or name. Raises: ProjectNotFound."""

    async def resolve(self, project: str) -> UUID:
        """The id of the project of this id or name. Raises: ProjectNotFound."""

    async def update(
        self,
        project_id: UUID,
        *,
        name: str | None = None,
        description: str | None = None,
        classification_type: ClassificationType | None = None,
        is_default: bool | None = None,
        domain_id: UUID | None = None,
        settings: Mapping[str, object] | None = None,
    ) -> ProjectValue:
        """Change what is not None.

        Raises: ProjectNameTaken; OneTagOnly if images have several tags and it would be Multiclass;
        IterationNotPublished if it would answer by default and has nothing published.
        """

    async def delete(self, project_id: UUID) -> None:
        """Its tags, images and iterations go as well. Raises: ProjectPublished."""


class Tags(Protocol):
    """The tags of a project."""

    async def create(
        self, project_id: UUID, *, name: str, description: str = "", tag_type: TagType
    ) -> TagValue:
        """A new tag. Raises: TagNameTaken, NegativeTagTaken, LimitReached."""

    async def ensure(self, project_id: UUID, names: Sequence[str]) -> dict[str, UUID]:
        """The tags of these names, made if missing. Raises: LimitReached."""

    async def resolve(self, project_id: UUID, tags: Sequence[str]) -> Sequence[UUID]:
        """The ids of the tags of these ids or names, each once. Raises: TagNotFound."""

    async def list(self, project_id: UUID) -> Sequence[TagValue]:
        """All of them, by name."""

    async def update(
        self,
        project_id: UUID,
        tag_id: UUID,
        *,
        name: str | None = None,
        description: str | None = None,
        tag_type: TagType | None = None,
    ) -> TagValue:
        """Change what is not None; a new name shows in every iteration.

        Raises: TagNotFound, TagNameTaken, NegativeTagTaken, NegativeAndRegularTag.
        """

    async def delete(self, project_id: UUID, tag_id: UUID) -> None:
        """Its images stay, without it. Raises: TagNotFound."""


class Images(Protocol):
    """The training images of a project."""

    async def add(
        self, project_id: UUID, images: Sequence[NewImage], *, several_tags: bool = False
    ) -> Sequence[ImageResult]:
        """Store images and tag them; what became of each, in their order.

        several_tags: those of a Multiclass project may have several too, as Custom Vision's may.
        """

    async def list(
        self,
        project_id: UUID,
        *,
        tag_ids: Sequence[UUID] = (),
        is_untagged: bool = False,
        after: UUID | None = None,
        limit: int,
    ) -> Sequence[ImageValue]:
        """Newest first, those that follow the image `after`; with any of the tags."""

    async def find(
        self,
        project_id: UUID,
        chosen: ImageFilter,
        *,
        order: ImageOrder = ImageOrder.NEWEST,
        skip: int = 0,
        limit: int,
    ) -> Sequence[ImageValue]:
        """Those that are meant, from the place `skip` on. Raises: IterationNotFound."""

    async def count(self, project_id: UUID, chosen: ImageFilter) -> int:
        """How many are meant. Raises: IterationNotFound."""

    async def by_ids(self, project_id: UUID, image_ids: Sequence[UUID]) -> Sequence[ImageValue]:
        """Those that the project has, in the order of the ids."""

    async def get(self, project_id: UUID, image_id: UUID) -> ImageValue:
        """One image. Raises: TrainingImageNotFound."""

    async def find_file(self, project_id: UUID, image_id: UUID) -> OriginalFile:
        """Its file, to be read once the transaction is over. Raises: TrainingImageNotFound."""

    async def retag(
        self,
        project_id: UUID,
        image_ids: Sequence[UUID],
        *,
        add: Sequence[UUID] = (),
        remove: Sequence[UUID] = (),
    ) -> Sequence[ImageValue]:
        """Add and remove tags; in a multiclass project a new tag replaces the one before.

        Raises: TrainingImageNotFound, TagNotFound, NegativeAndRegularTag, OneTagOnly.
        """

    async def tag(self, project_id: UUID, pairs: Sequence[ImageTagPair]) -> TaggingSummary:
        """Add tags; an image of a Multiclass project may have several then.

        Raises: TrainingImageNotFound, TagNotFound, NegativeAndRegularTag.
        """

    async def note(
        self, project_id: UUID, image_ids: Sequence[UUID], metadata: Mapping[str, str]
    ) -> Sequence[NotedImage]:
        """Add to the metadata of images; what became of each, in their order."""

    async def delete(self, project_id: UUID, image_ids: Sequence[UUID] | None) -> Sequence[UUID]:
        """Delete those that exist, or all if None; which they were."""


class Iterations(Protocol):
    """The models of a project."""

    async def train(
        self,
        project_id: UUID,
        *,
        training_type: TrainingType,
        budget_hours: int | None = None,
        is_forced: bool = False,
        selected_tag_ids: Sequence[UUID] = (),
    ) -> IterationValue:
        """Start a training, which goes on after the transaction is committed.

        selected_tag_ids: those to learn; all if there are none.
        Raises: TagNotFound, TrainingInProgress, TrainingNotNeeded, TooFewTags, TooFewImages,
        LimitReached; NotReady if what it would learn with is missing.
        """

    async def cancel(self, project_id: UUID, iteration_id: UUID) -> IterationValue:
        """Stop a training. Raises: IterationNotFound, NotTraining."""

    async def list(self, project_id: UUID) -> Sequence[IterationValue]:
        """All of them, newest first."""

    async def get(self, project_id: UUID, iteration: str) -> IterationValue:
        """The iteration of this id, name, published name, or `latest`.

        Raises: IterationNotFound.
        """

    async def rename(self, project_id: UUID, iteration_id: UUID, name: str) -> IterationValue:
        """Give it another name. Raises: IterationNotFound."""

    async def delete(self, project_id: UUID, iteration_id: UUID) -> None:
        """Its model goes. Raises: IterationNotFound, IterationPublished, TrainingInProgress."""

    async def publish(
        self,
        project_id: UUID,
        iteration_id: UUID,
        *,
        name: str,
        username: str,
        replace: bool = False,
        make_default: bool | None = None,
        resource_id: str | None = None,
    ) -> IterationValue:
        """Let it answer under a name. make_default: None decides by the present default.

        resource_id: where a client of Custom Vision publishes to, kept for it.
        Raises: IterationNotFound, IterationNotTrained, IterationPublished, PublishedNameTaken.
        """

    async def unpublish(self, project_id: UUID, iteration_id: UUID) -> IterationValue:
        """Let it answer no more. Raises: IterationNotFound, IterationNotPublished."""

    async def roll_back(
        self, project_id: UUID, *, name: str | None, username: str
    ) -> IterationValue:
        """Give the published name back to the iteration that had it before.

        name: None is the one published last. Raises: NothingToRollBack, IterationPublished if
        that iteration has another name now.
        """

    async def earlier(self, project_id: UUID, *, name: str | None) -> IterationValue:
        """The iteration that `roll_back` would publish again. Raises: NothingToRollBack."""

    async def request_export(
        self, project_id: UUID, iteration_id: UUID, *, platform: str, flavor: str | None
    ) -> IterationValue:
        """Note that a client wants it; what it gets is made by `Reports.export`.

        Raises: IterationNotFound, IterationNotTrained.
        """

    async def publications(
        self, project_id: UUID, *, before_id: int | None = None, limit: int
    ) -> Sequence[PublicationValue]:
        """What was published when, newest first; those before the publication `before_id`."""


@dataclass(frozen=True)
class Workspace:
    """What one unit of work sees of an engine's projects."""

    projects: Projects
    tags: Tags
    images: Images
    iterations: Iterations
