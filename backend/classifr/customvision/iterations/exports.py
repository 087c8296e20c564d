"""Models to take away: /projects/{projectId}/iterations/{iterationId}/export."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from classifr.accounts.dependencies import Anyone
from classifr.customvision.access import KeyFirst
from classifr.customvision.addresses import FILES, READ, Addresses, Signed
from classifr.customvision.codes import ErrorCode
from classifr.customvision.dependencies import FoundIteration, iteration_of
from classifr.customvision.errors import Refused
from classifr.customvision.projects.schemas import ExportPlatform
from classifr.customvision.wire import WireModel, of_kind
from classifr.dependencies import StateDep, WorkspaceDep
from classifr.errors import IterationNotTrained
from classifr.kinds import IterationStatus
from classifr.vision.values import ExportValue

#: Where they are below FILES.
EXPORT_FILES = "exports"

router = APIRouter(
    prefix="/projects/{project_id}/iterations/{iteration_id}/export", route_class=KeyFirst
)
files = APIRouter(prefix=f"{FILES}/{EXPORT_FILES}", dependencies=[Anyone, Signed])


class ExportFlavor(StrEnum):
    """The kinds of ONNX that clients ask for. They get the same model, which all of them run."""

    ONNX10 = "ONNX10"
    ONNX12 = "ONNX12"
    ONNX_FLOAT16 = "ONNXFloat16"


class Export(WireModel):
    """A model that was asked for."""

    platform: str
    status: str
    download_uri: str | None
    flavor: str | None
    newer_version_available: bool = False


Platform = Annotated[
    ExportPlatform, of_kind(ExportPlatform, ErrorCode.PROJECT_UNSUPPORTED_EXPORT_PLATFORM)
]


@router.get("")
async def get_exports(iteration: FoundIteration, addresses: Addresses) -> list[Export]:
    """Those that were asked for, with addresses that need no key."""
    address = addresses.sign(EXPORT_FILES, iteration.project_id, f"{iteration.id}.zip")
    return [
        Export(platform=export.platform, status="Done", download_uri=address, flavor=export.flavor)
        for export in iteration.exports
    ]


@router.post("")
async def export_iteration(
    workspace: WorkspaceDep,
    iteration: FoundIteration,
    platform: Platform,
    flavor: str | None = None,
) -> Export:
    """Ask for a model. It is done as soon as it is looked at: whoever fetches it has it made."""
    export = ExportValue(platform, _checked(platform, flavor))
    if iteration.status is not IterationStatus.COMPLETED:
        raise IterationNotTrained
    if export in iteration.exports:
        raise Refused(
            ErrorCode.EXPORT_ALREADY_IN_PROGRESS, f"{iteration.id} is already queued for export"
        )
    await workspace.iterations.request_export(
        iteration.project_id, iteration.id, platform=export.platform, flavor=export.flavor
    )
    return Export(
        platform=export.platform, status="Exporting", download_uri=None, flavor=export.flavor
    )


@files.api_route("/{project_id}/{iteration_id}.zip", methods=READ)
async def get_export_file(state: StateDep, project_id: UUID, iteration_id: UUID) -> Response:
    """The model with its labels and how to use it."""
    iteration = await iteration_of(state, project_id, iteration_id)
    archive = await state.vision.reports.export(iteration)
    name = f"{iteration_id}.ONNX.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(archive, media_type="application/zip", headers=headers)


def _checked(platform: ExportPlatform, flavor: str | None) -> str | None:
    """The flavor as it is called. Raises: Refused."""
    if platform is not ExportPlatform.ONNX:
        raise Refused(
            ErrorCode.PROJECT_UNSUPPORTED_EXPORT_PLATFORM,
            "Models are exported as ONNX here. Ask for the platform ONNX.",
        )
    words = {word.lower(): word for word in ExportFlavor}
    if flavor and flavor.lower() not in words:
        raise Refused(
            ErrorCode.EXPORT_VALIDATION_FAILED,
            f"There is no such flavor. Leave it out, or take {' or '.join(words.values())}.",
        )
    return words[flavor.lower()] if flavor else None
