"""What becomes of it when Custom Vision refuses the key, is retired, late, down, or breaks off."""

import pytest
from tests.integration.azure.service import (
    ITERATION_ID,
    OTHER_ID,
    PROJECT,
    PROJECT_ID,
    TAG,
    TAG_ID,
    TIMEOUT_SECONDS,
    create,
    iteration,
    jpeg,
    serve,
)
from tests.scripted import Answer, Request, ScriptedServer

from classifr.errors import (
    ClassifrError,
    EngineAnswerUnreadable,
    EngineBusy,
    EngineKeysRefused,
    EngineRetired,
    EngineTimeout,
    EngineUnavailable,
)
from classifr.kinds import TagType, TrainingType
from classifr.vision.azure.vision import AzureVision
from classifr.vision.classification import Column
from classifr.vision.port import Workspace


@pytest.mark.parametrize(
    "body",
    [
        {"code": "401", "message": "Access denied"},
        {"error": {"code": "401", "message": "Access denied"}},
        b"",
        b"<html>no</html>",
    ],
)
async def test_refused_key_is_named_by_its_setting(
    server: ScriptedServer, workspace: Workspace, body: object
) -> None:
    server.script = lambda _: Answer(401, body)
    with pytest.raises(EngineKeysRefused) as caught:
        await workspace.projects.list()
    assert "CLASSIFR_AZURE__TRAINING_KEY" in caught.value.detail
    assert "CLASSIFR_AZURE__ENDPOINT" in caught.value.detail
    assert len(server.requests) == 1


async def test_forbidden_names_the_prediction_key(
    server: ScriptedServer, vision: AzureVision
) -> None:
    refusal = Answer(403, {"code": "Forbidden", "message": "Out of call volume quota."})
    serve(
        server,
        {
            ("GET", "/iterations"): [iteration(publish_name="m")],
            ("POST", "/classify/iterations/m/image/nostore"): refusal,
        },
    )
    with pytest.raises(EngineKeysRefused) as caught:
        await vision.classify(jpeg())
    assert "CLASSIFR_AZURE__PREDICTION_KEY" in caught.value.detail
    assert "Out of call volume quota" in caught.value.detail


async def test_gone_is_told_as_retired(server: ScriptedServer, workspace: Workspace) -> None:
    server.script = lambda _: Answer(
        410, {"code": "Gone", "message": "Custom Vision was retired on 2028-09-25."}
    )
    with pytest.raises(EngineRetired, match="retired on 2028-09-25"):
        await workspace.projects.list()


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html>welcome</html>", content_type="text/html"),
        Answer(200, b"{", content_type="application/json"),
        Answer(200, b"null"),
        Answer(200, {"id": 1}),
        Answer(200, [{"id": "1"}]),
        Answer(200, [{**PROJECT, "id": "not-an-id"}]),
        Answer(200, [{**PROJECT, "created": "yesterday"}]),
        Answer(200, [{**PROJECT, "settings": None}]),
        Answer(404, b"<html>nothing here</html>", content_type="text/html"),
        Answer(404, {"statusCode": 404, "message": "Resource not found"}),
        Answer(302, b"", headers={"Location": "http://127.0.0.1:1/elsewhere"}),
    ],
)
async def test_what_is_no_custom_vision_is_told_so(
    server: ScriptedServer, workspace: Workspace, answer: Answer
) -> None:
    server.script = lambda _: answer
    with pytest.raises(EngineAnswerUnreadable, match="CLASSIFR_AZURE__ENDPOINT"):
        await workspace.projects.list()
    # A key goes to one address alone: what sends on is not followed.
    assert len(server.requests) == 1


async def test_short_wait_is_waited_once(server: ScriptedServer, workspace: Workspace) -> None:
    first = Answer(429, {"code": "429", "message": "slow"}, headers={"Retry-After": "1"})
    serve(server, {("GET", "/projects"): lambda _: [PROJECT] if server.requests[1:] else first})
    assert await workspace.projects.resolve("Dishes") == PROJECT_ID
    assert [request.path.split("/")[-1] for request in server.requests] == [
        *("projects", "projects", "domains")
    ]


@pytest.mark.parametrize(
    ("headers", "message", "seconds"),
    [
        ({"Retry-After": "40"}, "slow", 40),
        ({}, "Rate limit is exceeded. Please retry after 26 seconds.", 26),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, "slow", None),
    ],
)
async def test_long_wait_is_the_callers(
    server: ScriptedServer,
    workspace: Workspace,
    headers: dict[str, str],
    message: str,
    seconds: int | None,
) -> None:
    server.script = lambda _: Answer(429, {"code": "429", "message": message}, headers=headers)
    with pytest.raises(EngineBusy) as caught:
        await workspace.projects.list()
    assert caught.value.retry_after_seconds == seconds or seconds is None
    assert (caught.value.retry_after_seconds or 0) > 5
    assert len(server.requests) == 1


async def test_busy_change_is_sent_once(server: ScriptedServer, workspace: Workspace) -> None:
    busy = Answer(429, {"code": "429", "message": "slow"}, headers={"Retry-After": "1"})
    serve(server, {("POST", "/projects"): busy})
    with pytest.raises(EngineBusy) as caught:
        await create(workspace)
    assert caught.value.retry_after_seconds == 1
    assert server.count("POST") == 1


async def test_read_is_repeated_once_after_a_server_error(
    server: ScriptedServer, workspace: Workspace
) -> None:
    server.script = lambda _: Answer(500, {"code": "ErrorUnknown", "message": "oops"})
    with pytest.raises(EngineUnavailable):
        await workspace.projects.list()
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("lost", "error"),
    [
        (Answer(500, {"code": "ErrorUnknown", "message": "oops"}), EngineUnavailable),
        (Answer(502, b"<html>bad gateway</html>", content_type="text/html"), EngineUnavailable),
        (Answer(504, b""), EngineTimeout),
        (Answer(is_dropped=True), EngineUnavailable),
        (Answer(200, PROJECT, after_seconds=3 * TIMEOUT_SECONDS), EngineTimeout),
        (Answer(200, b"<html>", content_type="text/html"), EngineAnswerUnreadable),
    ],
)
async def test_lost_answer_to_a_creation_is_told_and_never_sent_again(
    server: ScriptedServer, workspace: Workspace, lost: Answer, error: type[ClassifrError]
) -> None:
    serve(server, {("POST", "/projects"): lost})
    with pytest.raises(error, match="may have been done or not"):
        await create(workspace)
    assert server.count("POST") == 1


async def test_creation_whose_answer_was_lost_is_found_by_its_name(
    server: ScriptedServer, workspace: Workspace
) -> None:
    made = {**PROJECT, "id": str(OTHER_ID), "name": "New"}

    def projects(_: Request) -> object:
        return [PROJECT, made] if server.count("POST") else [PROJECT]

    serve(server, {("POST", "/projects"): Answer(is_dropped=True), ("GET", "/projects"): projects})
    assert await create(workspace) == OTHER_ID
    assert server.count("POST") == 1


async def test_lost_tag_and_lost_training_are_found(
    server: ScriptedServer, workspace: Workspace
) -> None:
    def after_post(path: str, value: object) -> object:
        return lambda _: (
            [value]
            if any(one.method == "POST" and one.path.endswith(path) for one in server.requests)
            else []
        )

    serve(
        server,
        {
            ("POST", "/tags"): Answer(is_dropped=True),
            ("POST", "/train"): Answer(is_dropped=True),
            ("GET", "/tags"): after_post("/tags", TAG),
            ("GET", "/iterations"): after_post("/train", {**iteration(), "status": "Training"}),
        },
    )
    tag = await workspace.tags.create(PROJECT_ID, name="pizza", tag_type=TagType.REGULAR)
    assert tag.id == TAG_ID
    started = await workspace.iterations.train(PROJECT_ID, training_type=TrainingType.REGULAR)
    assert (started.id, started.status) == (ITERATION_ID, "training")
    assert server.count("POST") == 2


async def test_unreachable_endpoint_is_unavailable(
    workspace: Workspace, server: ScriptedServer
) -> None:
    server.stop()
    with pytest.raises(EngineUnavailable):
        await workspace.projects.list()


async def test_classifying_is_repeated_when_the_connection_breaks(
    server: ScriptedServer, vision: AzureVision
) -> None:
    answer = {
        "id": str(OTHER_ID),
        "project": str(PROJECT_ID),
        "iteration": str(ITERATION_ID),
        "created": "2026-01-01T00:00:00.000Z",
        "predictions": [
            {"probability": 0.2, "tagId": str(OTHER_ID), "tagName": "risotto"},
            {"probability": 0.8, "tagId": str(TAG_ID), "tagName": "pizza"},
        ],
    }
    serve(
        server,
        {
            ("GET", "/iterations"): [iteration(publish_name="m")],
            ("POST", "/m/image/nostore"): lambda _: (
                answer if server.count("POST") > 1 else Answer(is_dropped=True)
            ),
        },
    )
    classification = await vision.classify(jpeg())
    assert classification.tags == ("pizza", "risotto")
    assert classification.probabilities == [0.8, 0.2]
    assert classification.project == "Dishes"
    assert classification.iteration_id == ITERATION_ID
    ordered = Column(classification.outputs.tags).ordered(classification.order)
    assert [tag.id for tag in ordered] == [TAG_ID, OTHER_ID]
    assert server.count("POST") == 2


async def test_predictions_go_on_while_only_the_training_resource_is_down(
    server: ScriptedServer, vision: AzureVision, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"predictions": [{"probability": 1, "tagId": str(TAG_ID), "tagName": "pizza"}]}
    known = {
        ("GET", "/iterations"): [iteration(publish_name="m")],
        ("POST", "/m/image/nostore"): answer,
    }
    serve(server, known)
    await vision.classify(jpeg())
    # Nothing is fresh any more.
    for remembered in (
        vision._installation.directory._projects,
        vision._installation.directory._iterations,
    ):
        monkeypatch.setattr(remembered, "_seconds", 0.0)
    busy = Answer(429, {"code": "429", "message": "slow"}, headers={"Retry-After": "60"})
    serve(server, {**known, ("GET", "/projects"): busy, ("GET", "/iterations"): busy})
    assert (await vision.classify(jpeg())).tags == ("pizza",)
    with pytest.raises(EngineBusy):
        await vision.workspace(None).projects.resolve("Dishes")  # type: ignore[arg-type]
