"""Files by their address: /projects/{projectId}/artifacts?path=..."""

import re
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Response

from classifr.customvision.access import KeyFirst
from classifr.customvision.addresses import FILES
from classifr.customvision.codes import ErrorCode
from classifr.customvision.dependencies import ProjectId
from classifr.customvision.errors import Refused
from classifr.customvision.images.files import show_image
from classifr.customvision.images.shown import IMAGE_FILES
from classifr.customvision.paths import ROOT
from classifr.customvision.renditions import Size
from classifr.dependencies import StateDep

router = APIRouter(prefix="/projects/{project_id}/artifacts", route_class=KeyFirst)

_ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_ADDRESS = re.compile(
    f"/*{ROOT}{FILES}/{IMAGE_FILES}/(?P<project>{_ID})/(?P<image>{_ID})/(?P<size>{'|'.join(Size)})",
    # Letters of other alphabets would count as these in another case.
    re.IGNORECASE | re.ASCII,
)


@router.get("")
async def get_artifact(state: StateDep, project_id: ProjectId, path: str) -> Response:
    """The image at an address that another answer gave, if it is of this project.

    Raises: Refused, TrainingImageNotFound. The key suffices: the address may have expired.
    """
    image_id, size = _image_of(path, project_id)
    return await show_image(state, project_id, image_id, size)


def _image_of(path: str, project_id: UUID) -> tuple[UUID, Size]:
    try:
        address = _ADDRESS.fullmatch(urlsplit(path).path)
    except ValueError:
        address = None
    if address is None or UUID(address["project"]) != project_id:
        raise Refused(
            ErrorCode.INVALID_ARTIFACT_URI,
            "This is no address of an image of this project, as the lists of images give them.",
        )
    return UUID(address["image"]), Size(address["size"].lower())
