"""Settings that are missing or wrong, keys that nobody may read, and threads that wait."""

import asyncio
import logging
from pathlib import Path

import pytest
from tests.conftest import make_settings
from tests.integration.azure.service import (
    PREDICTION_KEY,
    PROJECT,
    TIMEOUT_SECONDS,
    TRAINING_KEY,
    create,
    iteration,
    jpeg,
    serve,
)
from tests.scripted import Answer, ScriptedServer

from classifr.errors import (
    ClassifrError,
    SettingsInvalid,
)
from classifr.vision.azure.vision import AzureVision
from classifr.vision.port import Workspace


def test_missing_settings_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        AzureVision(make_settings(tmp_path, azure={"endpoint": "https://a"}))
    for name in ("TRAINING_KEY", "PREDICTION_KEY", "PREDICTION_RESOURCE_ID", "PROJECT"):
        assert f"CLASSIFR_AZURE__{name}" in caught.value.detail


@pytest.mark.parametrize("endpoint", ["a.cognitiveservices.azure.com", "ftp://a", "https://u@h"])
def test_endpoint_must_be_an_address(tmp_path: Path, endpoint: str) -> None:
    azure = {
        "endpoint": endpoint,
        "training_key": "a",
        "prediction_key": "b",
        "prediction_resource_id": "c",
        "project": "d",
    }
    with pytest.raises(SettingsInvalid, match="CLASSIFR_AZURE__ENDPOINT is no address"):
        AzureVision(make_settings(tmp_path, azure=azure))


async def test_keys_are_in_no_message_and_no_log(
    server: ScriptedServer,
    vision: AzureVision,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    serve(server, {("GET", "/iterations"): [iteration(publish_name="m")]})
    said = []
    alike = [(Answer(401, b""),) * 2, (Answer(500, b""),) * 2, (Answer(is_dropped=True),) * 2]
    # As some proxies do.
    repeating = [
        tuple(
            Answer(status, {"code": "Other", "message": f"Not with {key}."})
            for key in (PREDICTION_KEY, TRAINING_KEY)
        )
        for status in (400, 403)
    ]
    for predicting, training in (*alike, *repeating):
        serve(
            server,
            {
                ("GET", "/iterations"): [iteration(publish_name="m")],
                ("POST", "/nostore"): predicting,
                ("POST", "/projects"): training,
            },
        )
        for asking in (vision.classify(jpeg()), create(vision.workspace(None))):  # type: ignore[arg-type]
            with pytest.raises(ClassifrError) as caught:
                await asking
            said += [repr(caught.value), repr(caught.value.__cause__)]
    keys = {request.headers.get("prediction-key") for request in server.requests}
    assert PREDICTION_KEY in keys
    for text in (*said, caplog.text, *capsys.readouterr()):
        assert "nobody-may-read" not in text


async def test_slow_answers_do_not_stop_the_loop(
    server: ScriptedServer, workspace: Workspace
) -> None:
    server.script = lambda _: Answer(200, [PROJECT], after_seconds=TIMEOUT_SECONDS / 2)
    asking = asyncio.create_task(workspace.projects.resolve("Dishes"))
    turns = 0
    while not asking.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert turns > 5
