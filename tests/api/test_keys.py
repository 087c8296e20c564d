"""API keys: made once, shown once, revoked within a second, and never more than their account."""

import asyncio
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import inspect, select, text, update
from tests.api.clients import assert_error, client_of, create_account
from tests.pictures import jpeg

from classifr.accounts import repository
from classifr.accounts.keys import MAX_KEYS
from classifr.accounts.recent import KEPT_SECONDS
from classifr.database.models import ApiKey, Base, Role, User
from classifr.state import State

#: A route of each kind; any of them can be asked without a body.
CLASSIFY, PEOPLE, ADMINS, ANY = "/tags", "/auth/keys", "/admin/users", "/auth/me"


async def make_key(client: httpx.AsyncClient, *scopes: str, name: str = "a key") -> dict:
    response = await client.post("/auth/keys", json={"name": name, "scopes": scopes})
    assert response.status_code == 201, response.text
    return response.json()


def by_bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def by_header(key: str) -> dict[str, str]:
    return {"X-API-Key": key}


def values_of(row: Base) -> dict[str, object]:
    return {column.key: getattr(row, column.key) for column in inspect(type(row)).columns}


async def assert_refused_soon(client: httpx.AsyncClient, key: str) -> None:
    """Check that the key ends within a second, as promised."""
    async with asyncio.timeout(1):
        while (answer := await client.get(ANY, headers=by_header(key))).status_code == 200:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert_error(answer, 401, "api_key_invalid")


async def test_a_key_is_shown_once_and_only_its_hash_is_kept(
    lucia: httpx.AsyncClient, state: State
) -> None:
    made = await make_key(lucia, "predict", name="  kitchen camera ")
    key = made.pop("key")
    assert key.startswith("clf_")
    assert len(key) == 47
    assert made["name"] == "kitchen camera"
    assert made["prefix"] == key[:12]
    assert made["scopes"] == ["predict"]
    assert made["username"] == "lucia"
    assert made["last_used_at"] is None
    assert (await lucia.get("/auth/keys")).json() == {"items": [made], "next": None}
    async with state.database.transaction() as session:
        row = await session.scalar(select(ApiKey))
        assert row is not None
        assert row.key_sha256 == sha256(key.encode()).hexdigest()
        stored = await session.scalar(text("select api_keys::text from api_keys"))
    assert key not in str(stored)
    assert key[13:] not in str(stored)


@pytest.mark.parametrize("headers", [by_bearer, by_header])
async def test_a_key_classifies_for_its_account(
    anonymous: httpx.AsyncClient, lucia: httpx.AsyncClient, headers: object
) -> None:
    key = (await make_key(lucia, "predict"))["key"]
    me = await anonymous.get("/auth/me", headers=headers(key))
    assert me.json()["username"] == "lucia"
    answer = await anonymous.post(
        "/predict", files={"image": ("a.jpg", jpeg())}, headers=headers(key)
    )
    assert answer.status_code == 200
    # It is hers: she gives the verdict.
    verdict = {"prediction_id": answer.json()["id"], "verdict": "ok"}
    assert (await lucia.post("/feedback", json=verdict)).status_code == 200


@pytest.mark.parametrize(
    ("scopes", "reaches"),
    [
        (["predict"], {ANY, CLASSIFY}),
        (["train"], {ANY}),
        (["train", "predict"], {ANY, CLASSIFY}),
    ],
)
async def test_a_key_reaches_as_far_as_its_scopes(
    admin: httpx.AsyncClient, anonymous: httpx.AsyncClient, scopes: list[str], reaches: set[str]
) -> None:
    key = (await make_key(admin, *scopes))["key"]
    for path in (CLASSIFY, PEOPLE, ADMINS, ANY):
        answer = await anonymous.get(path, headers=by_bearer(key))
        if path in reaches:
            assert answer.status_code == 200, path
        else:
            assert_error(answer, 403, "scope_missing")


async def test_no_key_can_change_its_account(
    admin: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    headers = by_header((await make_key(admin, "train", "predict"))["key"])
    more = {"name": "more", "scopes": ["train"]}
    password = {"current_password": "correct horse battery", "new_password": "another long one"}
    for answer in (
        await anonymous.post("/auth/keys", json=more, headers=headers),
        await anonymous.delete("/auth/keys/1", headers=headers),
        await anonymous.post("/auth/password", json=password, headers=headers),
        await anonymous.post("/auth/logout-everywhere", headers=headers),
        await anonymous.post("/admin/users", json={"username": "eve"}, headers=headers),
    ):
        assert_error(answer, 403, "scope_missing")


async def test_users_make_no_key_that_trains(lucia: httpx.AsyncClient) -> None:
    for scopes in (["train"], ["predict", "train"]):
        answer = await lucia.post("/auth/keys", json={"name": "x", "scopes": scopes})
        assert_error(answer, 403, "admin_only")
    assert (await lucia.get("/auth/keys")).json()["items"] == []


async def test_a_key_trains_as_long_as_its_account_is_an_admins(
    admin: httpx.AsyncClient, anonymous: httpx.AsyncClient, state: State
) -> None:
    await create_account(state, "second", Role.ADMIN)
    key = (await make_key(admin, "train"))["key"]
    for headers in (by_bearer(key), by_header(key)):
        assert (await anonymous.get("/projects", headers=headers)).status_code == 200
    only_predict = by_header((await make_key(admin, "predict"))["key"])
    answer = await anonymous.get("/projects", headers=only_predict)
    assert_error(answer, 403, "scope_missing")
    assert (await admin.patch("/admin/users/1", json={"role": "user"})).status_code == 200
    await asyncio.sleep(KEPT_SECONDS)
    answer = await anonymous.get("/projects", headers=by_header(key))
    assert_error(answer, 403, "admin_only")


async def test_revoking_acts_within_a_second(
    anonymous: httpx.AsyncClient, lucia: httpx.AsyncClient
) -> None:
    made, other = await make_key(lucia, "predict"), await make_key(lucia, "predict")
    assert (await anonymous.get(ANY, headers=by_header(made["key"]))).status_code == 200
    assert (await lucia.delete(f"/auth/keys/{made['id']}")).status_code == 204
    await assert_refused_soon(anonymous, made["key"])
    assert (await anonymous.get(ANY, headers=by_header(other["key"]))).status_code == 200
    assert [key["id"] for key in (await lucia.get("/auth/keys")).json()["items"]] == [other["id"]]
    assert_error(await lucia.delete(f"/auth/keys/{made['id']}"), 404, "key_not_found")


async def test_a_disabled_accounts_keys_end_and_come_back_with_it(
    admin: httpx.AsyncClient, anonymous: httpx.AsyncClient, lucia: httpx.AsyncClient
) -> None:
    key = (await make_key(lucia, "predict"))["key"]
    lucias = f"/admin/users/{(await lucia.get('/auth/me')).json()['id']}"
    await admin.patch(lucias, json={"is_disabled": True})
    await assert_refused_soon(anonymous, key)
    await admin.patch(lucias, json={"is_disabled": False})
    async with asyncio.timeout(1):
        while (await anonymous.get(ANY, headers=by_header(key))).status_code != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_logging_out_everywhere_leaves_the_keys(
    anonymous: httpx.AsyncClient, lucia: httpx.AsyncClient
) -> None:
    key = (await make_key(lucia, "predict"))["key"]
    await lucia.post("/auth/logout-everywhere")
    await asyncio.sleep(0.6)
    assert (await anonymous.get(ANY, headers=by_header(key))).status_code == 200


async def test_everybody_sees_their_own_keys_and_admins_all(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient, marco: httpx.AsyncClient
) -> None:
    made = [await make_key(client, "predict") for client in (lucia, marco, admin)]
    for client, expected in ((lucia, made[:1]), (marco, made[1:2]), (admin, made)):
        listed = (await client.get("/auth/keys")).json()["items"]
        assert [key["id"] for key in listed] == [key["id"] for key in expected]
    assert_error(await marco.delete(f"/auth/keys/{made[0]['id']}"), 404, "key_not_found")
    assert (await admin.delete(f"/auth/keys/{made[0]['id']}")).status_code == 204


async def test_keys_come_in_pages(lucia: httpx.AsyncClient) -> None:
    ids = [(await make_key(lucia, "predict"))["id"] for _ in range(4)]
    first = (await lucia.get("/auth/keys?limit=3")).json()
    second = (await lucia.get(f"/auth/keys?limit=3&cursor={first['next']}")).json()
    assert [key["id"] for key in first["items"] + second["items"]] == ids
    assert second["next"] is None
    assert_error(await lucia.get("/auth/keys?cursor=x"), 400, "cursor_invalid")


async def test_an_account_has_so_many_keys_at_most(lucia: httpx.AsyncClient, state: State) -> None:
    first = (await make_key(lucia, "predict"))["id"]
    async with state.database.transaction() as session:
        session.add_all(
            ApiKey(user_id=1, name="x", prefix="clf_", key_sha256=str(number), scopes=["predict"])
            for number in range(MAX_KEYS - 1)
        )
    answer = await lucia.post("/auth/keys", json={"name": "x", "scopes": ["predict"]})
    assert_error(answer, 409, "limit_reached")
    await lucia.delete(f"/auth/keys/{first}")
    await make_key(lucia, "predict")


@pytest.mark.parametrize("key", ["clf_", "clf_wrong", "clf_" + "x" * 10_000, "clf_\xff", "wrong"])
async def test_a_wrong_key_is_refused(
    anonymous: httpx.AsyncClient, lucia: httpx.AsyncClient, key: str
) -> None:
    await make_key(lucia, "predict")
    answer = await anonymous.get(ANY, headers={b"X-API-Key": key.encode("latin-1")})
    assert_error(answer, 401, "api_key_invalid")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_what_is_shown_of_a_key_opens_nothing(
    anonymous: httpx.AsyncClient, lucia: httpx.AsyncClient
) -> None:
    made = await make_key(lucia, "predict")
    for secret in (made["prefix"], sha256(made["key"].encode()).hexdigest(), made["key"][:-1]):
        answer = await anonymous.get(ANY, headers=by_header(secret))
        assert_error(answer, 401, "api_key_invalid")


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"name": "x"},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["admin"]},
        {"name": "", "scopes": ["predict"]},
        {"name": " ", "scopes": ["predict"]},
        {"name": "a\0b", "scopes": ["predict"]},
        {"name": "x" * 101, "scopes": ["predict"]},
        {"name": "x", "scopes": ["predict"], "user_id": 1},
    ],
)
async def test_a_misshapen_key_is_refused(lucia: httpx.AsyncClient, payload: dict) -> None:
    assert_error(await lucia.post("/auth/keys", json=payload), 422, "unprocessable")


@pytest.mark.parametrize("key_id", ["0", "-1", "99999999999", "..%2F1", "%00"])
async def test_tricks_in_ids_of_keys_are_refused(lucia: httpx.AsyncClient, key_id: str) -> None:
    answer = await lucia.delete(f"/auth/keys/{key_id}")
    assert answer.status_code in (404, 405, 422)
    assert set(answer.json()) == {"error", "detail"}


async def test_the_last_use_is_noted_once_a_minute(
    anonymous: httpx.AsyncClient, lucia: httpx.AsyncClient, state: State
) -> None:
    headers = by_header((await make_key(lucia, "predict"))["key"])

    async def last_used_at() -> datetime | None:
        async with state.database.transaction() as session:
            return await session.scalar(select(ApiKey.last_used_at))

    async def use_after(age: timedelta) -> tuple[datetime, datetime | None]:
        used_at = datetime.now(UTC) - age
        async with state.database.transaction() as session:
            await session.execute(update(ApiKey).values(last_used_at=used_at))
        state.recent_keys = type(state.recent_keys)()
        assert (await anonymous.get(ANY, headers=headers)).status_code == 200
        return used_at, await last_used_at()

    assert (await anonymous.get(ANY, headers=headers)).status_code == 200
    assert await last_used_at() is not None
    before, after = await use_after(timedelta(seconds=30))
    assert after == before
    before, after = await use_after(timedelta(seconds=61))
    assert after is not None
    assert after > before


async def test_a_token_goes_before_a_key(
    app: FastAPI, state: State, lucia: httpx.AsyncClient
) -> None:
    key = (await make_key(lucia, "predict"))["key"]
    async with client_of(app, await create_account(state, "paola", Role.USER)) as paola:
        me = await paola.get("/auth/me", headers=by_header(key))
    assert me.json()["username"] == "paola"


async def test_what_requests_read_is_every_column_of_the_rows(
    lucia: httpx.AsyncClient, state: State
) -> None:
    made = await make_key(lucia, "predict")
    hashed = sha256(made["key"].encode()).hexdigest()
    found = await repository.read_key(state.database, hashed)
    assert found is not None
    async with state.database.transaction() as session:
        in_session = [await session.get(ApiKey, made["id"]), await session.get(User, 1)]
    assert [values_of(row) for row in found] == [values_of(row) for row in in_session]
    account = await repository.read_user(state.database, 1)
    assert values_of(account) == values_of(in_session[1])
    assert await repository.read_user(state.database, 2) is None
