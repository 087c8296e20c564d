"""How good an iteration is: its report, its comparison with another, a try, and the model itself.

None of these holds a transaction while it computes.
"""

from collections.abc import Iterator
from typing import Annotated, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from classifr.dependencies import StateDep, VisionDep
from classifr.errors import (
    BuiltinProject,
    FormUnreadable,
    ImageFormatUnsupported,
    ImageMissing,
    ImageTooLarge,
    ImageTooManyPixels,
    ImageUnreadable,
    IterationNotTrained,
    MultipartExpected,
    NotPublished,
    NotReady,
    Overloaded,
    RequestTooLarge,
    StorageUnavailable,
    TagNotFound,
    TooManyImages,
    Unprocessable,
)
from classifr.forms import multipart_docs, read_form
from classifr.openapi import error_responses
from classifr.predictions.answers import as_json
from classifr.predictions.schemas import PredictionRead
from classifr.predictions.service import Answer
from classifr.training.dependencies import PathText, ProjectId
from classifr.training.iterations import service
from classifr.training.iterations.dependencies import ITERATION_ERRORS, FoundIteration
from classifr.training.iterations.report_schemas import (
    CellImagesRead,
    ComparisonRead,
    ReportRead,
)
from classifr.vision.images import check_start

router = APIRouter(prefix="/projects/{project}/iterations/{iteration}", tags=["reports"])

_ERRORS = (
    *ITERATION_ERRORS,
    Unprocessable,
    BuiltinProject,
    IterationNotTrained,
    StorageUnavailable,
)
_CHUNK = 1024**2

Threshold = Annotated[
    float, Query(ge=0, le=1, description="From which probability on a tag is predicted.")
]


@router.get("/report", summary="Read the report", responses=error_responses(*_ERRORS))
async def read_report(
    vision: VisionDep,
    iteration: FoundIteration,
    threshold: Threshold = 0.5,
    curves: Annotated[bool, Query(description="With the precision-recall curves.")] = False,
) -> ReportRead:
    """On the images that were held out from its training: one in five, always the same ones."""
    report = await vision.reports.report(iteration, threshold=threshold, with_curves=curves)
    return ReportRead.model_validate(report)


@router.get(
    "/report/images",
    summary="List the images behind a number",
    responses=error_responses(*_ERRORS, TagNotFound),
)
async def list_report_images(
    vision: VisionDep,
    iteration: FoundIteration,
    actual: Annotated[UUID | Literal["none"], Query(description="The tag they carry.")],
    predicted: Annotated[UUID | Literal["none"], Query(description="The tag they were given.")],
    threshold: Threshold = 0.5,
) -> CellImagesRead:
    """Those of one cell of the confusion matrix; with `actual=none`, all wrongly given a tag."""
    cell = await vision.reports.cell_images(
        iteration,
        actual=None if actual == "none" else actual,
        predicted=None if predicted == "none" else predicted,
        threshold=threshold,
    )
    return CellImagesRead.model_validate(cell)


@router.get(
    "/compare",
    summary="Compare with another iteration",
    responses=error_responses(*_ERRORS, NotPublished),
)
async def compare_iterations(
    state: StateDep,
    iteration: FoundIteration,
    other: Annotated[
        PathText | None,
        Query(
            alias="with",
            description="The other one. Default: the published one that it would replace; for the "
            "published one itself, the one before.",
        ),
    ] = None,
) -> ComparisonRead:
    """On the held-out images of the project as it is now, none of which either learned from.

    Only tags that both know are compared.
    """
    async with state.database.transaction() as session:
        iterations = state.vision.workspace(session).iterations
        reference = await service.find_reference(iterations, iteration, other)
    return ComparisonRead.model_validate(await state.vision.reports.compare(iteration, reference))


async def read_image(request: Request, _: FoundIteration) -> bytes:
    """The one file in the field `image`, read once the caller is known to be allowed."""
    async with read_form(request, field="image", at_most=1) as form:
        return await form.files[0].read()


@router.post(
    "/test",
    summary="Try an image",
    response_model=PredictionRead,
    responses=error_responses(
        *_ERRORS,
        FormUnreadable,
        RequestTooLarge,
        TooManyImages,
        MultipartExpected,
        ImageMissing,
        ImageTooLarge,
        ImageFormatUnsupported,
        ImageTooManyPixels,
        ImageUnreadable,
        NotReady,
        Overloaded,
    ),
    openapi_extra=multipart_docs("image", is_list=False),
)
async def try_iteration(
    state: StateDep,
    project_id: ProjectId,
    iteration: FoundIteration,
    image: Annotated[bytes, Depends(read_image)],
    top: Annotated[int | None, Query(ge=1, description="Only the likeliest tags.")] = None,
) -> Response:
    """As `POST /predict`, by an iteration that need not be published; nothing is stored."""
    check_start(image, state.settings.upload.max_bytes)
    async with state.database.transaction() as session:
        project = await state.vision.workspace(session).projects.get(str(project_id))
    classification = await state.vision.try_iteration(image, project, iteration)
    return Response(as_json(Answer(classification), top=top), media_type="application/json")


@router.get(
    "/export",
    summary="Take the model away",
    response_class=Response,
    responses=error_responses(*_ERRORS, NotReady)
    | {200: {"description": "A zip file.", "content": {"application/zip": {}}}},
)
async def export_iteration(vision: VisionDep, iteration: FoundIteration) -> Response:
    """A zip of `model.onnx` (pixels in, probabilities out), `labels.txt`, `metadata.json` and an
    example.
    """
    archive = await vision.reports.export(iteration)
    name = quote(f"{iteration.name}.zip", safe="")
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "Content-Length": str(len(archive)),
        "Cache-Control": "no-store",
    }
    return StreamingResponse(_chunks(archive), media_type="application/zip", headers=headers)


def _chunks(data: bytes) -> Iterator[memoryview]:
    whole = memoryview(data)
    return (whole[start : start + _CHUNK] for start in range(0, len(data), _CHUNK))
