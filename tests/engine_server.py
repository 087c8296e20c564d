"""Our own server in another process, in the place of Azure Custom Vision."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.integration.cli import ADMIN_PASSWORD, Server, run


@dataclass(frozen=True)
class EngineServer:
    """What answers `/customvision`, and a key for it."""

    url: str
    key: str

    def settings(self, project: str, **changes: object) -> dict[str, object]:
        """The group `azure` of settings that use it."""
        return {
            "endpoint": self.url,
            "training_key": self.key,
            "prediction_key": self.key,
            "prediction_resource_id": "/subscriptions/s/resourceGroups/g/accounts/a",
            "project": project,
            **changes,
        }

    def environment(self, project: str) -> dict[str, str]:
        """The same for a process."""
        return {
            "CLASSIFR_VISION": "azure",
            **{
                f"CLASSIFR_AZURE__{name.upper()}": str(value)
                for name, value in self.settings(project).items()
            },
        }


@contextmanager
def running_engine_server() -> Iterator[EngineServer]:
    """A server with a worker, until the end of the context."""
    with (
        # Not below pytest's own folder, which a second run closes to PostgreSQL's account.
        TemporaryDirectory() as folder,
        Server(Path(folder, "data"), CLASSIFR_ADMIN_PASSWORD=ADMIN_PASSWORD) as server,
    ):
        url = server.url()
        scopes = ("--scope", "train", "--scope", "predict")
        made = run("key", "create", *scopes, "--quiet", data_dir=server.data_dir)
        yield EngineServer(url, made.stdout.split()[-1])
