"""What an opened engine holds beside the line for predictions."""

from dataclasses import dataclass
from typing import Self

from classifr.settings import Settings
from classifr.vision.azure.client.clients import TrainingConnection
from classifr.vision.azure.images.addition import Addition
from classifr.vision.azure.images.files import ImageFiles
from classifr.vision.azure.images.pages import ImagePages
from classifr.vision.azure.images.service import AzureImages, ImageRooms
from classifr.vision.azure.images.tagging import Tagging
from classifr.vision.azure.iterations.exports import Exports
from classifr.vision.azure.iterations.facts import IterationFacts
from classifr.vision.azure.iterations.publishing import Publishing
from classifr.vision.azure.iterations.reports import AzureReports
from classifr.vision.azure.iterations.service import AzureIterations
from classifr.vision.azure.projects.counting import Counting
from classifr.vision.azure.projects.directory import Directory
from classifr.vision.azure.projects.service import AzureProjects
from classifr.vision.azure.projects.tags import AzureTags
from classifr.vision.port import Workspace


@dataclass(frozen=True)
class Installation:
    """Everything over one training resource. What is done there is done: nothing rolls back."""

    training: TrainingConnection
    directory: Directory
    facts: IterationFacts
    files: ImageFiles
    workspace: Workspace
    reports: AzureReports

    @classmethod
    def over(cls, training: TrainingConnection, settings: Settings) -> Self:
        """settings: with those of Azure complete."""
        azure = settings.azure
        directory = Directory(training, default=azure.project or "")
        counting = Counting(training)
        facts = IterationFacts(training)
        files = ImageFiles(timeout=azure.timeout_seconds)
        tagging = Tagging(training)
        rooms = ImageRooms(
            tagging=tagging,
            pages=ImagePages(training, files),
            files=files,
            addition=Addition(training, tagging, files, settings),
        )
        publishing = Publishing(training, directory, resource_id=azure.prediction_resource_id or "")
        return cls(
            training=training,
            directory=directory,
            facts=facts,
            files=files,
            workspace=Workspace(
                projects=AzureProjects(training, directory, counting),
                tags=AzureTags(training, counting, facts),
                images=AzureImages(training, directory, counting, rooms),
                iterations=AzureIterations(training, directory, facts, publishing),
            ),
            reports=AzureReports(
                training, directory, Exports(training, timeout=azure.timeout_seconds)
            ),
        )

    async def close(self) -> None:
        """Finish what runs."""
        await self.files.close()
        await self.training.close()
