"""Batches of images: each keeps its result, whatever the others do."""

import json
from uuid import UUID

import pytest
from tests.integration.azure.service import (
    OTHER_ID,
    PROJECT_ID,
    TAG,
    TAG_ID,
    iteration,
    jpeg,
    serve,
)
from tests.scripted import Answer, Request, ScriptedServer

from classifr.errors import (
    NotSupported,
)
from classifr.vision.azure.vision import AzureVision
from classifr.vision.port import Workspace
from classifr.vision.values import NewImage


async def test_results_are_those_of_their_images(
    server: ScriptedServer, workspace: Workspace
) -> None:
    """Whatever their order, and although two files have one name."""

    def images(request: Request) -> object:
        sent = json.loads(request.body)["images"]
        return Answer(
            207,
            {
                "isBatchSuccessful": False,
                "images": [
                    {"sourceUrl": one["name"], "status": "ErrorStorage"} for one in reversed(sent)
                ][:1]
                + [
                    {
                        "sourceUrl": one["name"],
                        "status": "OK",
                        "image": {
                            "id": str(UUID(int=place + 1)),
                            "created": "2026-01-01T00:00:00.1234567",
                            "width": 64,
                            "height": 64,
                        },
                    }
                    for place, one in enumerate(sent[:-1])
                ],
            },
        )

    serve(server, {("POST", "/images/files"): images})
    results = await workspace.images.add(
        PROJECT_ID,
        [
            NewImage("a.jpg", jpeg("red")),
            NewImage("broken.jpg", b"nothing"),
            NewImage("a.jpg", jpeg("blue")),
            NewImage("c.jpg", jpeg("green")),
        ],
    )
    assert [(one.name, str(one.status)) for one in results] == [
        ("a.jpg", "OK"),
        ("broken.jpg", "ErrorImageFormat"),
        ("a.jpg", "OK"),
        ("c.jpg", "ErrorStorage"),
    ]
    assert [one.image and one.image.id.int for one in results] == [1, None, 2, None]
    assert server.count("POST") == 1


async def test_batch_without_a_good_image_is_sent_image_by_image(
    server: ScriptedServer, workspace: Workspace
) -> None:
    refusal = Answer(400, {"code": "BadRequestImageBatch", "message": "No valid image files"})
    serve(server, {("POST", "/images/files"): refusal})
    images = [NewImage("a.jpg", jpeg("red")), NewImage("b.jpg", jpeg("blue"))]
    results = await workspace.images.add(PROJECT_ID, images)
    assert [str(one.status) for one in results] == ["ErrorImageFormat"] * 2
    assert server.count("POST") == 3


async def test_images_with_other_metadata_go_in_another_request(
    server: ScriptedServer, workspace: Workspace
) -> None:
    def images(request: Request) -> object:
        batch = json.loads(request.body)
        status = "ErrorLimitExceed" if batch.get("metadata") == {"shop": "Rome"} else "ErrorSource"
        sent = [{"sourceUrl": one["name"], "status": status} for one in batch["images"]]
        return Answer(207, {"isBatchSuccessful": False, "images": sent})

    serve(server, {("POST", "/images/files"): images})
    rome = {"shop": "Rome"}
    results = await workspace.images.add(
        PROJECT_ID,
        [
            NewImage("a.jpg", jpeg("red"), metadata=rome),
            NewImage("b.jpg", jpeg("blue")),
            NewImage("c.jpg", jpeg("green"), metadata=rome),
        ],
    )
    assert [str(one.status) for one in results] == [
        "ErrorLimitExceed",
        "ErrorSource",
        "ErrorLimitExceed",
    ]
    assert server.count("POST") == 2


@pytest.mark.parametrize(
    ("kept", "add", "methods"),
    [
        # What is new comes first: an image is never without a tag.
        ("Regular", "Regular", ["POST", "DELETE"]),
        # A negative tag is never beside another.
        ("Negative", "Regular", ["DELETE", "POST"]),
        ("Regular", "Negative", ["DELETE", "POST"]),
    ],
)
async def test_tag_takes_the_place_of_another_in_the_right_order(
    server: ScriptedServer, workspace: Workspace, kept: str, add: str, methods: list[str]
) -> None:
    image = {
        "id": str(OTHER_ID),
        "created": "2026-01-01T00:00:00.1234567",
        "width": 64,
        "height": 64,
        "tags": [{"tagId": str(TAG_ID), "tagName": "a", "created": "2026-01-01T00:00:00.000Z"}],
    }
    new = UUID(int=7)
    serve(
        server,
        {
            ("GET", "/tags"): [{**TAG, "type": kept}, {**TAG, "id": str(new), "type": add}],
            ("GET", "/images/id"): [image],
            ("POST", "/images/tags"): {"created": [], "duplicated": [], "exceeded": []},
            ("DELETE", "/images/tags"): Answer(204),
        },
    )
    await workspace.images.retag(PROJECT_ID, [OTHER_ID], add=[new])
    changes = [request for request in server.requests if request.method != "GET"]
    assert [request.method for request in changes] == methods


async def test_model_of_a_domain_that_is_not_compact_is_not_exported(
    server: ScriptedServer, vision: AzureVision
) -> None:
    serve(
        server,
        {
            ("GET", "/iterations"): [iteration()],
            ("GET", "/performance"): {"perTagPerformance": [], "precision": 1, "recall": 1},
        },
    )
    found = await vision.workspace(None).iterations.get(PROJECT_ID, "latest")  # type: ignore[arg-type]
    with pytest.raises(NotSupported, match="compact"):
        await vision.reports.export(found)
    assert server.count("POST") == 0
