"""Projects and their copies in Custom Vision's dialect."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from tests.albums import make_album
from tests.api.customvision.dialect import assert_refused
from tests.api.jobs import run_jobs
from tests.ids import FOOD, GENERAL, OBJECT_DETECTION

from classifr.customvision.projects.tokens import ProjectTokens
from classifr.state import State
from classifr.vision.port import BUILTIN_PROJECT_ID

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


async def create(training: httpx.AsyncClient, name: str = "Dishes", **params: object) -> dict:
    answer = await training.post("/projects", params={"name": name, **params})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_project_of_which_only_the_name_is_said(training: httpx.AsyncClient) -> None:
    made = await create(training, "Überraschung")
    augmentations = made["settings"].pop("imageProcessingSettings")["augmentationMethods"]
    assert augmentations["horizontal flip"] is True
    assert DATE.fullmatch(made.pop("created"))
    assert DATE.fullmatch(made.pop("lastModified"))
    assert UUID(made.pop("id"))
    assert made == {
        "name": "Überraschung",
        "description": "",
        "settings": {
            "domainId": GENERAL,
            "classificationType": "Multilabel",
            "targetExportPlatforms": [],
            "useNegativeSet": True,
            "detectionParameters": None,
            "exportModelContainerUri": None,
            "notificationQueueUri": None,
        },
        "thumbnailUri": None,
        "drModeEnabled": False,
        "status": "Succeeded",
    }


async def test_a_project_of_which_everything_is_said(training: httpx.AsyncClient) -> None:
    answer = await training.post(
        "/projects",
        params={
            "name": " Dishes ",
            "description": "Of Italy",
            "domainId": FOOD.upper(),
            "classificationType": "multiclass",
            "targetExportPlatforms": "CoreML,ONNX",
        },
        json={"ExportModelContainerUri": "https://c.invalid", "notificationQueueUri": None, "x": 1},
    )
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert (made["name"], made["description"]) == ("Dishes", "Of Italy")
    settings = made["settings"]
    assert settings["domainId"] == FOOD
    assert settings["classificationType"] == "Multiclass"
    assert settings["targetExportPlatforms"] == ["CoreML", "ONNX"]
    assert settings["exportModelContainerUri"] == "https://c.invalid"
    assert (await training.get(f"/projects/{made['id']}")).json() == made


async def test_options_are_in_the_address_for_older_versions(training: httpx.AsyncClient) -> None:
    made = await create(training, notificationQueueUri="https://q.invalid")
    assert made["settings"]["notificationQueueUri"] == "https://q.invalid"


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", None])
async def test_json_is_read_whatever_it_is_called(
    training: httpx.AsyncClient, kind: str | None
) -> None:
    headers = {"Content-Type": kind} if kind else {}
    params = {"name": "Dishes"}
    made = await training.post("/projects", params=params, content=b"{}", headers=headers)
    assert made.status_code == 200, made.text
    path = f"/projects/{made.json()['id']}"
    for content in (b'{"description": "New"}', b'{"name": "Plates"}'):
        changed = await training.patch(path, content=content, headers=headers)
        assert changed.status_code == 200, changed.text
    assert (changed.json()["name"], changed.json()["description"]) == ("Plates", "New")
    empty = await training.post("/projects", params={"name": "b"}, content=b"", headers=headers)
    assert empty.status_code == 200, empty.text


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "BadRequestRequiredParamIsNull"),
        ({"name": " "}, "BadRequestProjectName"),
        ({"name": "n" * 257}, "BadRequestProjectName"),
        ({"name": "a\nb"}, "BadRequestProjectName"),
        ({"name": "n", "description": "d" * 4097}, "BadRequestProjectDescription"),
        ({"name": "n", "domainId": str(uuid4())}, "BadRequestProjectUnknownDomain"),
        ({"name": "n", "domainId": "food"}, "BadRequestProjectUnknownDomain"),
        ({"name": "n", "domainId": OBJECT_DETECTION}, "BadRequestUnsupportedDomain"),
        ({"name": "n", "classificationType": "Two"}, "BadRequestProjectUnknownClassification"),
        ({"name": "n", "targetExportPlatforms": "P"}, "BadRequestProjectUnsupportedExportPlatform"),
    ],
)
async def test_a_project_that_cannot_be(
    training: httpx.AsyncClient, params: dict, code: str
) -> None:
    assert_refused(await training.post("/projects", params=params), 400, code)
    assert (await training.get("/projects")).json() == []


async def test_a_second_project_of_a_name_is_refused(training: httpx.AsyncClient) -> None:
    await create(training)
    again = await training.post("/projects", params={"name": "Dishes"})
    assert_refused(again, 400, "BadRequestProjectNameNotUnique")


async def test_one_project_too_many(training: httpx.AsyncClient, state: State) -> None:
    for number in range(state.settings.training.max_projects):
        await create(training, f"Dishes {number}")
    one_more = await training.post("/projects", params={"name": "One more"})
    assert_refused(one_more, 400, "BadRequestExceedProjectLimit")


async def test_only_what_is_sent_is_changed(training: httpx.AsyncClient) -> None:
    made = await create(training, domainId=FOOD, targetExportPlatforms="ONNX")
    path = f"/projects/{made['id']}"
    renamed = (await training.patch(path, json={"name": "Plates", "description": "New"})).json()
    assert (renamed["name"], renamed["description"]) == ("Plates", "New")
    assert renamed["settings"] == made["settings"]
    assert renamed["lastModified"] >= made["lastModified"]
    settings = {
        "domainId": GENERAL,
        "classificationType": "Multiclass",
        "imageProcessingSettings": {"augmentationMethods": {"rotation": False}},
    }
    changed = (await training.patch(path, json={"settings": settings})).json()
    assert changed["name"] == "Plates"
    assert changed["settings"] == {**made["settings"], **settings}
    whole = await training.patch(path, json=changed)
    assert whole.json()["settings"] == changed["settings"]


async def test_a_change_that_cannot_be(training: httpx.AsyncClient) -> None:
    made = await create(training)
    await create(training, "Plates")
    path = f"/projects/{made['id']}"
    for body, code in [
        ({"name": ""}, "BadRequestProjectName"),
        ({"name": "Plates"}, "BadRequestProjectNameNotUnique"),
        ({"settings": {"domainId": OBJECT_DETECTION}}, "BadRequestUnsupportedDomain"),
        ([], "BadRequest"),
    ]:
        assert_refused(await training.patch(path, json=body), 400, code)
    assert_refused(await training.patch(path, content=b"{"), 400, "BadRequest")
    for text in (b"\\ud800", b"\\u0000"):
        for body in (b'{"name": "%s"}', b'{"settings": {"notificationQueueUri": "%s"}}'):
            refused = await training.patch(path, content=body % text)
            assert refused.status_code == 400, refused.text


async def test_a_project_goes(training: httpx.AsyncClient) -> None:
    path = f"/projects/{(await create(training))['id']}"
    gone = await training.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    for answer in (await training.delete(path), await training.get(path)):
        assert_refused(answer, 404, "NotFoundProject")


@pytest.mark.parametrize("project", [str(uuid4()), str(BUILTIN_PROJECT_ID), "Dishes", "1"])
async def test_projects_that_are_not_there(training: httpx.AsyncClient, project: str) -> None:
    await create(training)
    for path in ("", "/tags", "/iterations", "/export"):
        assert_refused(await training.get(f"/projects/{project}{path}"), 404, "NotFoundProject")


@pytest.fixture
async def album(state: State) -> UUID:
    """A project with images."""
    return await make_album(state.database, state.vision, {"pizza": 40, "risotto": 3})


async def test_a_project_is_copied(app: FastAPI, training: httpx.AsyncClient, album: UUID) -> None:
    export = (await training.get(f"/projects/{album}/export")).json()
    token = export.pop("token")
    assert export.pop("estimatedImportTimeInMS") > 0
    assert export == {"iterationCount": 0, "imageCount": 43, "tagCount": 2, "regionCount": 0}
    started = await training.post("/projects/import", params={"token": token, "name": "Copy"})
    assert started.status_code == 200, started.text
    assert started.json()["status"] == "Importing"
    path = f"/projects/{started.json()['id']}"
    assert_refused(await training.get(f"{path}/export"), 400, "BadRequest")
    await run_jobs(app)
    copy = (await training.get(path)).json()
    assert (copy["status"], copy["name"]) == ("Succeeded", "Copy")
    assert copy["settings"]["classificationType"] == "Multiclass"
    tags = (await training.get(f"{path}/tags")).json()
    assert {tag["name"]: tag["imageCount"] for tag in tags} == {"pizza": 40, "risotto": 3}

    await training.delete(f"/projects/{album}")
    (image, *_) = (await training.get(f"{path}/images/tagged")).json()
    assert (await training.get(image["originalImageUri"])).status_code == 200
    gone = await training.post("/projects/import", params={"token": token, "name": "Again"})
    assert_refused(gone, 404, "NotFoundProject")


async def test_a_copy_finds_itself_a_name(training: httpx.AsyncClient, album: UUID) -> None:
    token = (await training.get(f"/projects/{album}/export")).json()["token"]
    names = [
        (await training.post("/projects/import", params={"token": token})).json()["name"]
        for _ in range(2)
    ]
    assert names == ["Dishes (2)", "Dishes (3)"]
    taken = await training.post("/projects/import", params={"token": token, "name": "Dishes"})
    assert_refused(taken, 400, "BadRequestProjectNameNotUnique")


async def test_a_copy_whose_original_goes_meanwhile_fails(
    app: FastAPI, training: httpx.AsyncClient, album: UUID
) -> None:
    token = (await training.get(f"/projects/{album}/export")).json()["token"]
    started = (await training.post("/projects/import", params={"token": token})).json()
    await training.delete(f"/projects/{album}")
    await run_jobs(app)
    found = (await training.get(f"/projects/{started['id']}")).json()
    assert found["status"] == "Failed"


async def test_a_copy_whose_file_is_missing_has_the_others(
    app: FastAPI, training: httpx.AsyncClient, state: State, album: UUID
) -> None:
    async for stored in state.storage.list(f"training/{album}/"):
        await state.storage.delete(stored.key)
        break
    token = (await training.get(f"/projects/{album}/export")).json()["token"]
    started = (await training.post("/projects/import", params={"token": token})).json()
    await run_jobs(app)
    path = f"/projects/{started['id']}"
    assert (await training.get(path)).json()["status"] == "Succeeded"
    assert (await training.get(f"{path}/images/tagged/count")).json() == 42


async def test_tokens_of_others_and_old_ones_are_refused(
    training: httpx.AsyncClient, state: State, album: UUID
) -> None:
    good = (await training.get(f"/projects/{album}/export")).json()["token"]
    key = state.token_signer.derive_key("Custom Vision project tokens")
    old = ProjectTokens(key).sign(album, now=datetime.now(UTC) - timedelta(days=2))
    other = ProjectTokens(b"another server").sign(album)
    altered = good[:5] + ("A" if good[5] != "A" else "B") + good[6:]
    for token in ("", "x", "é", good[:-1], good + "AAAA", altered, old, other, str(album)):
        refused = await training.post("/projects/import", params={"token": token, "name": "Copy"})
        assert_refused(refused, 400, "BadRequestInvalidImportToken")
    missing = await training.post("/projects/import", params={"name": "Copy"})
    assert_refused(missing, 400, "BadRequestRequiredParamIsNull")


async def test_artifacts_are_the_projects_own_images(
    training: httpx.AsyncClient, album: UUID
) -> None:
    (image, *_) = (await training.get(f"/projects/{album}/images/tagged")).json()
    address = image["originalImageUri"]
    original = (await training.get(address)).content
    artifacts = f"/projects/{album}/artifacts"
    for path in (address, address.partition("?")[0], address.removeprefix("http://classifr.test")):
        assert (await training.get(artifacts, params={"path": path})).content == original
    other = await create(training, "Other")
    stranger = await training.get(f"/projects/{other['id']}/artifacts", params={"path": address})
    assert_refused(stranger, 400, "BadRequestInvalidArtifactUri")
    plain = address.partition("?")[0]
    # The last ends in a letter that is an i in capitals.
    other_i = plain.replace("original", "or\u0131ginal")
    for path in ("", "../../etc/passwd", "http://[", plain + "/..", "\0", other_i):
        refused = await training.get(artifacts, params={"path": path})
        assert_refused(refused, 400, "BadRequestInvalidArtifactUri")
