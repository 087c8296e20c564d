"""Whether the engine answers, this machine's or Custom Vision."""

import io
import time

from PIL import Image
from sqlalchemy.ext.asyncio import AsyncSession

from classifr.cli.doctor.report import Check, Status
from classifr.cli.failures import CommandError
from classifr.errors import EngineTimeout, EngineUnavailable, NotPublished, ProjectNotFound
from classifr.predictions.service import classify_image
from classifr.settings import Settings
from classifr.vision.azure.vision import AzureVision
from classifr.vision.local.opening import make_backbones
from classifr.vision.local.vision import LocalVision


async def check_model(settings: Settings) -> Check:
    """The model of this machine classifies an image, and how fast.

    Raises: ClassifrError, CommandError.
    """
    vision = LocalVision(
        make_backbones(settings),
        sessions=1,
        max_waiting=1,
        max_pixels=settings.upload.max_pixels,
    )
    try:
        started = time.perf_counter()
        await vision.open()
        loaded = time.perf_counter()
        answer = await classify_image(vision, _generated_image(), settings.upload)
        answered = time.perf_counter()
    finally:
        await vision.close()
    if abs(sum(answer.probabilities) - 1) > 1e-3:
        raise CommandError(
            "The probabilities of a test image do not add up to 1.",
            hint=f"Delete {settings.data_dir / 'models'}; it is built again.",
        )
    return Check(
        "model",
        Status.OK,
        f"{answer.iteration} loads in {loaded - started:.2f} s and classifies "
        f"in {(answered - loaded) * 1000:.0f} ms",
    )


async def check_custom_vision(settings: Settings) -> Check:
    """Both keys, the project, and whether anything of it answers.

    Raises: ClassifrError, CommandError.
    """
    name, vision = "Custom Vision", AzureVision(settings)
    try:
        await vision.open()
        project = await _find_project(vision, settings)
        try:
            started = time.perf_counter()
            answer = await classify_image(vision, _generated_image(), settings.upload)
        except NotPublished:
            under = settings.azure.published_name
            return Check(
                name,
                Status.WARN,
                f"{project} is there, and nothing of it is published"
                + (f" as {under}" if under else ""),
                "Publish an iteration: classifr iteration publish latest "
                f"--project {project!r} --name {under or 'NAME'}",
            )
        milliseconds = (time.perf_counter() - started) * 1000
    finally:
        await vision.close()
    answered_by = f"{answer.iteration} of {project}"
    return Check(name, Status.OK, f"{answered_by} classifies in {milliseconds:.0f} ms")


async def _find_project(vision: AzureVision, settings: Settings) -> str:
    """The name of the project that answers."""
    # Nothing of it is in the database.
    workspace = vision.workspace(AsyncSession())
    try:
        project = await workspace.projects.get(settings.azure.project or "")
    except ProjectNotFound as error:
        raise CommandError(
            f"There is no project {settings.azure.project}.",
            hint="CLASSIFR_AZURE__PROJECT names it, or: classifr train DIR --project NAME",
        ) from error
    except (EngineTimeout, EngineUnavailable) as error:
        raise CommandError(
            f"Nothing answers at {settings.azure.endpoint}.",
            hint="Check CLASSIFR_AZURE__ENDPOINT and the network.",
        ) from error
    return project.name


def _generated_image() -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()
