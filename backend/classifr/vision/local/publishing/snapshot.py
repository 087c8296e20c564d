"""Which model answers what: everything published at one moment, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from classifr.errors import NotPublished, NotReady, ProjectNotFound
from classifr.vision.local.publishing.models import Model
from classifr.vision.values import Target, as_id


@dataclass(frozen=True)
class Place:
    """A project's published name, and who answers under it."""

    project_id: UUID
    published_name: str
    published_at: datetime
    model: Model | None  #: None: it cannot be loaded, and nothing was there before.


@dataclass(frozen=True)
class Snapshot:
    """Never changed, only replaced, so that requests read it without a lock."""

    projects: Mapping[str, UUID] = field(default_factory=dict)  #: By name.
    places: Mapping[tuple[UUID, str], Place] = field(default_factory=dict)
    latest: Mapping[UUID, Place] = field(default_factory=dict)  #: Of each project.
    default_project_id: UUID | None = None
    default: Place | None = None

    def find(self, target: Target) -> Model:
        """The model that answers. Raises: ProjectNotFound, NotPublished, NotReady."""
        place = self._find_place(target)
        if place is None:
            raise NotPublished
        if place.model is None:
            raise NotReady(
                "The published model cannot be loaded; the log says why. Publish another."
            )
        return place.model

    def models(self) -> dict[UUID, Model]:
        """Every model, by its iteration."""
        places = [*self.places.values(), *([self.default] if self.default else [])]
        return {place.model.iteration_id: place.model for place in places if place.model}

    def _find_place(self, target: Target) -> Place | None:
        if target.project is not None:
            project_id = self._project_id(target.project)
        elif target.published_name is None or self.default_project_id is None:
            return self.default
        else:
            project_id = self.default_project_id
        if target.published_name is None:
            return self.latest.get(project_id)
        return self.places.get((project_id, target.published_name))

    def _project_id(self, project: str) -> UUID:
        by_id = as_id(project)
        if by_id is not None and by_id in self.projects.values():
            return by_id
        if project not in self.projects:
            raise ProjectNotFound
        return self.projects[project]


def make_snapshot(
    projects: Mapping[str, UUID],
    default_project_id: UUID | None,
    places: Sequence[Place],
    before: Snapshot,
) -> Snapshot:
    """What answers, given everything that is published and what answered until now.

    A model that cannot be loaded takes no other's place.
    """
    places = [_with_model(place, before.places) for place in places]
    # The last entry of a project stands.
    latest = {
        place.project_id: place
        for place in sorted(places, key=lambda place: (bool(place.model), place.published_at))
    }
    default = latest.get(default_project_id) if default_project_id else None
    if default is not None and default.model is None and before.default is not None:
        default = before.default
    return Snapshot(
        projects=projects,
        places={(place.project_id, place.published_name): place for place in places},
        latest=latest,
        default_project_id=default_project_id,
        default=default,
    )


def _with_model(place: Place, before: Mapping[tuple[UUID, str], Place]) -> Place:
    if place.model is not None:
        return place
    return before.get((place.project_id, place.published_name), place)
