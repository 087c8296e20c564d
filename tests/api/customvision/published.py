"""A project whose iteration answers under the name `live`, made without training."""

from dataclasses import dataclass
from uuid import UUID

from tests.trained import make_iteration, make_project

from classifr.state import State
from classifr.vision.local.publishing import service as publishing

NAME = "live"


@dataclass(frozen=True)
class Published:
    """A project that answers."""

    project_id: UUID
    iteration_id: UUID

    @property
    def classify(self) -> str:
        """Where a prediction client asks."""
        return f"/{self.project_id}/classify/iterations/{NAME}"

    @property
    def project(self) -> str:
        """Where a training client finds it."""
        return f"/projects/{self.project_id}"


async def publish(state: State, project_id: UUID, iteration_id: UUID, name: str = NAME) -> None:
    """Let an iteration answer."""
    async with state.database.transaction() as session:
        await publishing.publish(
            session, project_id, iteration_id, name=name, username="admin", replace=True
        )


async def make_published(state: State, name: str = "Dishes") -> Published:
    """A project with two tags and an iteration that answers."""
    project_id = await make_project(state, name)
    iteration_id = await make_iteration(state, project_id)
    await publish(state, project_id, iteration_id)
    return Published(project_id, iteration_id)
