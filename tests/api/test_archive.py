"""Zip files of images: folders and labels as tags, and what strangers put into archives."""

import struct
import threading
import zipfile
from io import BytesIO

import httpx
import pytest
from tests.api.clients import assert_error
from tests.api.projects import make_project, make_tag
from tests.pictures import encoded, jpeg, picture
from tests.zips import zipped

from classifr.state import State
from classifr.training.images import archive as archive_module
from classifr.training.images import labels


async def send_archive(
    client: httpx.AsyncClient, project: str, data: bytes, **query: str
) -> httpx.Response:
    return await client.post(
        f"/projects/{project}/images/archive",
        files={"archive": ("images.zip", data, "application/zip")},
        params=query,
    )


async def tags_by_name(client: httpx.AsyncClient, project: str) -> dict[str, list[str]]:
    """The names of the tags of each image, by the image's own name."""
    page = (await client.get(f"/projects/{project}/images?limit=200")).json()
    return {item["name"]: [tag["name"] for tag in item["tags"]] for item in page["items"]}


@pytest.fixture
async def project(admin: httpx.AsyncClient) -> str:
    return (await make_project(admin))["id"]


async def test_folders_become_tags(admin: httpx.AsyncClient, project: str) -> None:
    archive = zipped(
        {
            "Train/pizza/01.jpg": jpeg(seed=1),
            "Train/pizza/02.JPG": jpeg(seed=2),
            "Train/crème brûlée/a/b/deep/03.png": encoded(picture(seed=3), "PNG"),
            "04.jpg": jpeg(seed=4),
        }
    )
    response = await send_archive(admin, project, archive)
    assert response.json() == {
        "added": 4,
        "duplicates": 0,
        "refused": 0,
        "skipped": 0,
        "items": [],
        "next": None,
    }
    assert await tags_by_name(admin, project) == {
        "Train/pizza/01.jpg": ["pizza"],
        "Train/pizza/02.JPG": ["pizza"],
        "Train/crème brûlée/a/b/deep/03.png": ["deep"],
        "04.jpg": [],
    }
    again = (await send_archive(admin, project, archive)).json()
    assert (again["added"], again["duplicates"]) == (0, 4)


async def test_only_what_is_no_image_is_left_out(admin: httpx.AsyncClient, project: str) -> None:
    files = {
        "pizza/01.jpg": jpeg(),
        "pizza/notes.txt": b"how to tell them apart",
        "pizza/broken.jpg": jpeg(seed=5)[:400],
        "pizza/phone.heic": b"\x00\x00\x00\x18ftypheic",
        "pizza/empty.jpg": b"",
        "pizza/no-suffix": jpeg(seed=6),
        "__MACOSX/pizza/._01.jpg": b"\x00\x05\x16\x07",
        ".DS_Store": b"\x00",
        "docs/readme.md": b"# Read me",
    }
    answer = (await send_archive(admin, project, zipped(files))).json()
    counts = [answer[name] for name in ("added", "duplicates", "refused", "skipped")]
    assert counts == [2, 0, 3, 4]
    said = {item["name"]: item["status"] for item in answer["items"]}
    assert said == {
        "pizza/notes.txt": None,
        "pizza/broken.jpg": "ErrorImageFormat",
        "pizza/phone.heic": "ErrorImageFormat",
        "pizza/empty.jpg": "ErrorImageSize",
        "__MACOSX/pizza/._01.jpg": None,
        ".DS_Store": None,
        "docs/readme.md": None,
    }
    assert all(item["detail"] for item in answer["items"])
    tags = (await admin.get(f"/projects/{project}/tags")).json()["items"]
    assert [tag["name"] for tag in tags] == ["pizza"]


@pytest.mark.parametrize("separator", [",", ";"])
async def test_labels_win_over_folders(admin: httpx.AsyncClient, separator: str) -> None:
    project = (await make_project(admin, classification_type="Multilabel"))["id"]
    rows = [
        "file,tag",
        "images/1.jpg,pizza",
        "images\\2.jpg,pizza",
        "images/2.jpg,wine",
        "",
        "4.jpg,x",
    ]
    files = {
        "set/labels.csv": b"\xef\xbb\xbf" + "\r\n".join(rows).replace(",", separator).encode(),
        "set/images/1.jpg": jpeg(seed=1),
        "set/images/2.jpg": jpeg(seed=2),
        "set/images/3.jpg": jpeg(seed=3),
    }
    answer = (await send_archive(admin, project, zipped(files))).json()
    assert (answer["added"], answer["refused"], answer["skipped"]) == (3, 1, 0)
    assert [(item["name"], item["status"]) for item in answer["items"]] == [
        ("set/4.jpg", "ErrorSource")
    ]
    assert await tags_by_name(admin, project) == {
        "set/images/1.jpg": ["pizza"],
        "set/images/2.jpg": ["pizza", "wine"],
        "set/images/3.jpg": [],
    }
    tags = (await admin.get(f"/projects/{project}/tags")).json()["items"]
    assert [tag["name"] for tag in tags] == ["pizza", "wine"]


async def test_several_tags_in_one_field(admin: httpx.AsyncClient, project: str) -> None:
    files = {
        "labels.csv": b"file,tag\n1.jpg,pizza; wine\n2.jpg,",
        "1.jpg": jpeg(),
        "2.jpg": jpeg(seed=1),
    }
    multilabel = (await make_project(admin, "Both", classification_type="Multilabel"))["id"]
    assert (await send_archive(admin, multilabel, zipped(files))).json()["added"] == 2
    assert await tags_by_name(admin, multilabel) == {"1.jpg": ["pizza", "wine"], "2.jpg": []}
    (refused,) = (await send_archive(admin, project, zipped(files))).json()["items"]
    assert (refused["name"], refused["status"]) == ("1.jpg", "ErrorTagLimitExceed")


@pytest.mark.parametrize(
    "labels",
    [
        b"",
        b"name,label\na.jpg,pizza",
        b"file,tag\na.jpg",
        b"\xff\xfe\x00",
        b'file,tag\n"a.jpg,pizza',
    ],
)
async def test_damaged_labels_are_refused(
    admin: httpx.AsyncClient, project: str, labels: bytes
) -> None:
    archive = zipped({"labels.csv": labels, "a.jpg": jpeg()})
    assert_error(await send_archive(admin, project, archive), 400, "labels_unreadable")
    assert await tags_by_name(admin, project) == {}


async def test_labels_of_endless_length_are_refused(
    admin: httpx.AsyncClient, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels, "MOST_LABELS", 3)
    for rows in ("a.jpg,1;2;3;4", "1.jpg,\n2.jpg,\n3.jpg,\n4.jpg,"):
        archive = zipped({"labels.csv": f"file,tag\n{rows}".encode(), "a.jpg": jpeg()})
        refused = await send_archive(admin, project, archive)
        assert_error(refused, 400, "labels_unreadable")
        assert "more than 3 tags" in refused.json()["detail"]


async def test_requests_are_answered_while_long_labels_are_read(
    admin: httpx.AsyncClient, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []
    read = archive_module.read_labels

    def read_labels(*args: object) -> labels.Labels:
        threads.append(threading.current_thread())
        return read(*args)

    monkeypatch.setattr(archive_module, "read_labels", read_labels)
    csv = b"file,tag\n1.jpg,pizza"
    await send_archive(admin, project, zipped({"labels.csv": csv, "1.jpg": jpeg()}))
    assert threads != []
    assert threading.main_thread() not in threads


async def test_more_folders_than_tags_are_refused_before_they_are_looked_for(
    admin: httpx.AsyncClient, project: str
) -> None:
    # More than a statement takes parameters.
    archive = zipped({f"{number}/1.jpg": b"" for number in range(33_000)})
    refused = await send_archive(admin, project, archive)
    assert_error(refused, 409, "limit_reached")
    assert "33,000 tags" in refused.json()["detail"]


async def test_only_so_many_refused_files_are_listed(
    admin: httpx.AsyncClient, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_module, "_MOST_ITEMS", 2)
    files = {"x" * 300 + "1.txt": b"", "2.txt": b"", "3.jpg": b"", "4.jpg": jpeg()}
    answer = (await send_archive(admin, project, zipped(files))).json()
    assert (answer["added"], answer["refused"], answer["skipped"]) == (1, 1, 2)
    assert [len(item["name"]) for item in answer["items"]] == [256, 5]


async def test_tags_are_created_only_if_wanted(admin: httpx.AsyncClient, project: str) -> None:
    await make_tag(admin, project, "pizza")
    long = "x" * 129
    archive = zipped(
        {"pizza/1.jpg": jpeg(seed=1), "wine/2.jpg": jpeg(seed=2), f"{long}/3.jpg": jpeg(seed=3)}
    )
    answer = (await send_archive(admin, project, archive, create_tags="false")).json()
    assert answer["added"] == 1
    assert [item["status"] for item in answer["items"]] == ["ErrorInvalidTag"] * 2
    answer = (await send_archive(admin, project, archive)).json()
    assert (answer["added"], answer["duplicates"]) == (1, 1)
    assert [item["name"] for item in answer["items"]] == [f"{long}/3.jpg"]


async def test_names_without_the_utf8_mark_are_understood(
    admin: httpx.AsyncClient, project: str
) -> None:
    """As macOS writes them: UTF-8 that does not say so, accents apart."""
    archive = zipped({"crxxe/1.jpg": jpeg()}).replace(b"crxxe/1.jpg", "cre\u0301/1.jpg".encode())
    assert (await send_archive(admin, project, archive)).json()["added"] == 1
    assert await tags_by_name(admin, project) == {"cré/1.jpg": ["cré"]}


@pytest.mark.parametrize(
    "path",
    [
        "../evil.jpg",
        "pizza/../../evil.jpg",
        "/etc/evil.jpg",
        "..\\evil.jpg",
        "C:\\evil.jpg",
        "C:/a.jpg",
    ],
)
async def test_paths_that_lead_out_are_refused(
    admin: httpx.AsyncClient, project: str, path: str, state: State
) -> None:
    archive = zipped({"pizza/1.jpg": jpeg(), path: jpeg(seed=1)})
    assert_error(await send_archive(admin, project, archive), 400, "archive_unsafe")
    assert await tags_by_name(admin, project) == {}
    assert (await admin.get(f"/projects/{project}/tags")).json()["items"] == []
    assert not list(state.settings.data_dir.rglob("evil*"))


async def test_link_is_not_followed(admin: httpx.AsyncClient, project: str) -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("pizza/link.jpg")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    (item,) = (await send_archive(admin, project, buffer.getvalue())).json()["items"]
    assert (item["name"], item["status"]) == ("pizza/link.jpg", "ErrorImageFormat")
    assert "link" in item["detail"]


async def test_bombs_are_refused_unopened(admin: httpx.AsyncClient, project: str) -> None:
    nothing = bytes(5 * 1024 * 1024)
    bomb = zipped({f"{number}.jpg": nothing for number in range(20)})
    assert len(bomb) < 200_000
    assert_error(await send_archive(admin, project, bomb), 400, "archive_unsafe")


async def test_file_that_lies_about_its_size_is_refused(
    admin: httpx.AsyncClient, project: str
) -> None:
    huge = bytes(20 * 1024 * 1024)
    archive = zipped({"a.jpg": huge, "b.jpg": jpeg()})
    claimed = archive.replace(len(huge).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert claimed != archive
    answer = (await send_archive(admin, project, claimed)).json()
    assert answer["added"] == 1
    assert [(i["name"], i["status"]) for i in answer["items"]] == [("a.jpg", "ErrorImageFormat")]


async def test_name_that_is_no_text_before_its_file_is_refused(
    admin: httpx.AsyncClient, project: str
) -> None:
    archive = zipped({"é.jpg": jpeg()}, zipfile.ZIP_STORED)
    answer = (
        await send_archive(admin, project, archive.replace(b"\xc3\xa9", b"\xff\xff", 1))
    ).json()
    assert [item["status"] for item in answer["items"]] == ["ErrorImageFormat"]


@pytest.mark.parametrize("offset", [2**64 - 1, 2**63, 2**40])
async def test_place_outside_the_archive_is_refused(
    admin: httpx.AsyncClient, project: str, offset: int
) -> None:
    archive = zipped({"a.jpg": jpeg()}, zipfile.ZIP_STORED)
    start = archive.rindex(b"PK\x01\x02")
    place = bytearray(archive[start : start + 51])
    extra = struct.pack("<HHQ", 1, 8, offset)  # Zip64: the offset is here.
    place[30:32], place[42:46] = struct.pack("<H", len(extra)), b"\xff" * 4
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(place + extra), start, 0)
    answer = (await send_archive(admin, project, archive[:start] + place + extra + end)).json()
    assert [item["status"] for item in answer["items"]] == ["ErrorImageFormat"]


async def test_place_before_the_archive_is_refused(admin: httpx.AsyncClient, project: str) -> None:
    archive = zipped({"a.jpg": jpeg()}, zipfile.ZIP_STORED)
    # The list of files is said to begin later than it does, so all places count from before.
    start = struct.unpack("<L", archive[-6:-2])[0]
    shifted = archive[:-6] + struct.pack("<L", start + 40) + archive[-2:]
    answer = (await send_archive(admin, project, shifted)).json()
    assert [item["status"] for item in answer["items"]] == ["ErrorImageFormat"]


async def test_too_large_a_file_is_refused_by_what_it_says(
    admin: httpx.AsyncClient, project: str
) -> None:
    archive = zipped({"a.jpg": bytes(7 * 1024 * 1024), "b.jpg": jpeg()})
    answer = (await send_archive(admin, project, archive)).json()
    assert answer["added"] == 1
    (item,) = answer["items"]
    assert (item["name"], item["status"]) == ("a.jpg", "ErrorImageSize")
    assert "7.00 MB" in item["detail"]


async def test_file_without_a_name_is_skipped(admin: httpx.AsyncClient, project: str) -> None:
    archive = zipped({"nameless": b"notes", "pizza/01.jpg": jpeg()})
    archive = archive.replace(b"nameless", b"\0ameless")
    answer = (await send_archive(admin, project, archive)).json()
    assert (answer["added"], answer["skipped"]) == (1, 1)


async def test_password_is_told(admin: httpx.AsyncClient, project: str) -> None:
    archive = bytearray(zipped({"a.jpg": jpeg()}))
    archive[6] |= 1  # In the file's own header,
    archive[archive.rindex(b"PK\x01\x02") + 8] |= 1  # and in the list.
    (item,) = (await send_archive(admin, project, bytes(archive))).json()["items"]
    assert "password" in item["detail"]


async def test_uncommon_compression_is_told(admin: httpx.AsyncClient, project: str) -> None:
    archive = zipped({"a.jpg": jpeg()}, zipfile.ZIP_LZMA)
    (item,) = (await send_archive(admin, project, archive)).json()["items"]
    assert "Deflate" in item["detail"]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"Rar!\x1a\x07\x00", jpeg()])
async def test_what_is_no_zip_file_is_refused(
    admin: httpx.AsyncClient, project: str, data: bytes
) -> None:
    assert_error(await send_archive(admin, project, data), 400, "archive_unreadable")


async def test_list_of_too_many_files_is_not_read(
    admin: httpx.AsyncClient, project: str, state: State
) -> None:
    limits = state.settings.training.model_copy(update={"max_images": 10})
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(state.settings.__dict__, "training", limits)
        few = zipped({f"{number}": b"" for number in range(21)})
        assert_error(await send_archive(admin, project, few), 413, "archive_too_large")
        many = zipped({f"{number}-{'x' * 200}": b"" for number in range(10)})
        assert_error(await send_archive(admin, project, many), 413, "archive_too_large")
        assert (await send_archive(admin, project, zipped({"1.jpg": jpeg()}))).status_code == 200


async def test_archive_over_its_limit_is_cut_off(admin: httpx.AsyncClient, project: str) -> None:
    response = await admin.post(
        f"/projects/{project}/images/archive",
        content=b"",
        headers={"Content-Length": str(2 * 1024**3), "Content-Type": "multipart/form-data"},
    )
    assert_error(response, 413, "request_too_large")


async def test_archive_goes_in_by_groups_without_holding_it(
    admin: httpx.AsyncClient, project: str
) -> None:
    files = {f"{number % 3}/{number}.jpg": jpeg(seed=number) for number in range(150)}
    answer = (await send_archive(admin, project, zipped(files))).json()
    assert (answer["added"], answer["items"]) == (150, [])
    totals = (await admin.get(f"/projects/{project}")).json()
    assert (totals["image_count"], totals["tag_count"]) == (150, 3)


async def test_form_needs_a_file(admin: httpx.AsyncClient, project: str) -> None:
    address = f"/projects/{project}/images/archive"
    assert_error(await admin.post(address, json={}), 415, "multipart_expected")
    sent = await admin.post(address, files={"images": ("a.zip", zipped({}))})
    assert_error(sent, 422, "image_missing")
