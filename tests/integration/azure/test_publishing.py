"""A published name goes from one iteration to another, or stays where it is."""

from uuid import UUID

import pytest
from tests.integration.azure.service import (
    ITERATION_ID,
    OTHER_ID,
    PROJECT_ID,
    iteration,
    serve,
)
from tests.scripted import Answer, Request, ScriptedServer

from classifr.errors import (
    EngineFailed,
    EngineUnavailable,
    PublishedNameTaken,
)
from classifr.vision.port import Workspace


class Publications:
    """A project with two trained iterations, the first published; `refuse` says what fails."""

    def __init__(self, server: ScriptedServer, refuse: set[str]) -> None:
        self.names: dict[UUID, str | None] = {OTHER_ID: "m", ITERATION_ID: None}
        self.refuse = refuse
        serve(
            server,
            {
                ("GET", "/iterations"): lambda _: [
                    iteration(ITERATION_ID, "Iteration 2", self.names[ITERATION_ID]),
                    iteration(OTHER_ID, "Iteration 1", self.names[OTHER_ID]),
                ],
                ("GET", "/performance"): {"perTagPerformance": [], "precision": 1, "recall": 1},
                ("POST", "/publish"): self._publish,
                ("DELETE", "/publish"): self._unpublish,
            },
        )

    def _publish(self, request: Request) -> object:
        wanted = self._asked(request)
        is_overwriting = "overwrite=true" in request.query
        refusal = Answer(400, {"code": "BadRequestInvalidPublishName", "message": "No."})
        if is_overwriting and "overwrite" in self.refuse:
            return refusal
        if f"publish {wanted}" in self.refuse:
            return Answer(500, {"code": "ErrorUnknown", "message": "No."})
        if "m" in self.names.values() and not is_overwriting:
            return refusal
        self.names = dict.fromkeys(self.names)
        self.names[wanted] = "m"
        return Answer(is_dropped=True) if "drop" in self.refuse else True

    def _unpublish(self, request: Request) -> object:
        self.names[self._asked(request)] = None
        return Answer(204)

    @staticmethod
    def _asked(request: Request) -> UUID:
        return UUID(request.path.split("/")[-2])


async def publish(workspace: Workspace) -> str | None:
    """Publish the second iteration as `m`."""
    published = await workspace.iterations.publish(
        PROJECT_ID, ITERATION_ID, name="m", username="anna", replace=True
    )
    return published.published_name


@pytest.mark.parametrize("refuse", [set(), {"overwrite"}, {"drop"}, {"overwrite", "drop"}])
async def test_name_moves_to_the_other_iteration(
    server: ScriptedServer, workspace: Workspace, refuse: set[str]
) -> None:
    there = Publications(server, refuse)
    assert await publish(workspace) == "m"
    assert there.names == {OTHER_ID: None, ITERATION_ID: "m"}


async def test_name_is_given_back_when_it_cannot_be_moved(
    server: ScriptedServer, workspace: Workspace
) -> None:
    there = Publications(server, {"overwrite", f"publish {ITERATION_ID}"})
    with pytest.raises(EngineUnavailable):
        await publish(workspace)
    assert there.names == {OTHER_ID: "m", ITERATION_ID: None}


async def test_name_that_can_neither_be_moved_nor_given_back_is_told(
    server: ScriptedServer, workspace: Workspace
) -> None:
    Publications(server, {"overwrite", f"publish {ITERATION_ID}", f"publish {OTHER_ID}"})
    with pytest.raises(EngineFailed, match="Nothing answers under it now"):
        await publish(workspace)


async def test_name_of_another_is_not_taken_unasked(
    server: ScriptedServer, workspace: Workspace
) -> None:
    there = Publications(server, set())
    with pytest.raises(PublishedNameTaken, match="Iteration 1"):
        await workspace.iterations.publish(PROJECT_ID, ITERATION_ID, name="m", username="anna")
    assert there.names == {OTHER_ID: "m", ITERATION_ID: None}
