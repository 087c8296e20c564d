"""Signing in, one's own account, and the admins' care of users."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI
from jose import jwt
from sqlalchemy import func, select, update
from tests.api.clients import (
    PASSWORD,
    assert_error,
    assert_signed_out_soon,
    client_of,
    create_account,
)
from tests.conftest import TEST_SECRET

from classifr.accounts import service as accounts
from classifr.accounts.repository import lock_active_admins
from classifr.database.models import Role, SignInAttempts
from classifr.state import State

CLAIMS = {"sub": "1", "ver": 0, "aud": "classifr", "iss": "classifr"}


async def sign_in(client: httpx.AsyncClient, username: str, password: str) -> httpx.Response:
    return await client.post("/auth/token", data={"username": username, "password": password})


def signed(secret: str = TEST_SECRET, **changes: object) -> str:
    now = datetime.now(UTC)
    claims = {**CLAIMS, "iat": now, "exp": now + timedelta(hours=1), **changes}
    return jwt.encode({k: v for k, v in claims.items() if v is not None}, secret, "HS256")


def altered(token: str) -> str:
    """The token with another signature, of which one character in the middle is changed."""
    claims, signature = token.rsplit(".", 1)
    other = "A" if signature[20] != "A" else "B"
    return f"{claims}.{signature[:20]}{other}{signature[21:]}"


async def test_password_is_exchanged_for_a_token(
    anonymous: httpx.AsyncClient, lucia: httpx.AsyncClient
) -> None:
    response = await sign_in(anonymous, "lucia", PASSWORD)
    assert response.status_code == 200
    body = response.json()
    assert body["token_type"] == "bearer"
    me = await anonymous.get(
        "/auth/me", headers={"Authorization": f"Bearer {body['access_token']}"}
    )
    assert me.json()["username"] == "lucia"
    assert me.json()["role"] == "user"


async def test_username_is_found_in_any_case(
    anonymous: httpx.AsyncClient, lucia: httpx.AsyncClient
) -> None:
    assert (await sign_in(anonymous, " LUCIA ", PASSWORD)).status_code == 200


@pytest.mark.parametrize("username", ["lucia", "nobody", "lucia\0", "'; drop table users; --", ""])
async def test_wrong_credentials_answer_alike(
    anonymous: httpx.AsyncClient, lucia: httpx.AsyncClient, username: str
) -> None:
    response = await sign_in(anonymous, username, "wrong password")
    if username:
        assert_error(response, 401, "credentials_wrong")
    else:
        assert_error(response, 422, "unprocessable")


async def test_a_thousand_wrong_sign_ins_are_throttled_even_in_parallel(
    anonymous: httpx.AsyncClient, lucia: httpx.AsyncClient, state: State
) -> None:
    answers = []
    for _ in range(20):
        answers += await asyncio.gather(
            *(sign_in(anonymous, "lucia", f"guess {n}") for n in range(50))
        )
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(401) == state.settings.accounts.attempts_per_account
    assert statuses.count(429) == 1000 - statuses.count(401)
    throttled = next(answer for answer in answers if answer.status_code == 429)
    assert 0 < int(throttled.headers["Retry-After"]) <= 15 * 60
    # The right password has to wait too, or guessing could go on.
    assert_error(await sign_in(anonymous, "lucia", PASSWORD), 429, "too_many_attempts")


async def test_throttled_account_signs_in_after_the_window(
    anonymous: httpx.AsyncClient, lucia: httpx.AsyncClient, state: State
) -> None:
    for _ in range(11):
        await sign_in(anonymous, "lucia", "wrong")
    async with state.database.transaction() as session:
        earlier = SignInAttempts.window_started_at - timedelta(minutes=16)
        await session.execute(update(SignInAttempts).values(window_started_at=earlier))
    assert (await sign_in(anonymous, "lucia", PASSWORD)).status_code == 200


async def test_one_address_cannot_try_many_accounts(
    anonymous: httpx.AsyncClient, state: State
) -> None:
    limit = state.settings.accounts.attempts_per_address
    answers = await asyncio.gather(
        *(sign_in(anonymous, f"user{n}", "wrong") for n in range(limit + 20))
    )
    assert [answer.status_code for answer in answers].count(401) == limit


async def test_old_attempts_are_forgotten(anonymous: httpx.AsyncClient, state: State) -> None:
    await sign_in(anonymous, "somebody", "wrong")
    await accounts.forget_old_attempts(state.database, state.settings.accounts)
    async with state.database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(SignInAttempts)) == 2
        earlier = SignInAttempts.window_started_at - timedelta(minutes=16)
        await session.execute(update(SignInAttempts).values(window_started_at=earlier))
    await accounts.forget_old_attempts(state.database, state.settings.accounts)
    async with state.database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(SignInAttempts)) == 0


async def test_success_clears_the_count(
    anonymous: httpx.AsyncClient, lucia: httpx.AsyncClient
) -> None:
    for _ in range(3):
        for _ in range(5):
            await sign_in(anonymous, "lucia", "wrong")
        assert (await sign_in(anonymous, "lucia", PASSWORD)).status_code == 200


@pytest.mark.parametrize(
    "token",
    [
        signed(exp=datetime.now(UTC) - timedelta(seconds=1)),
        signed(secret="another-secret-0123456789-abcdefghijklmnop"),
        signed(aud="elsewhere"),
        signed(iss="elsewhere"),
        signed(exp=None),
        signed(sub=None),
        signed(iat=None),
        signed(ver=None),
        signed(ver=7),
        signed(sub="999"),
        signed(sub="99999999999999999999"),
        altered(signed()),
        # {"alg":"none"} and valid claims, without a signature.
        "eyJhbGciOiJub25lIn0." + signed().split(".")[1] + ".",
        "not a token",
        "x" * 5_000,
        base64.urlsafe_b64encode(b"[" * 1_000).decode() + ".e30.AA",
        signed(exp=float("inf")),
        signed(ver=float("inf")),
    ],
)
async def test_bad_token_is_refused(app: FastAPI, lucia: httpx.AsyncClient, token: str) -> None:
    async with client_of(app, token) as client:
        response = await client.get("/auth/me")
    assert_error(response, 401, "token_invalid")
    assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_signed_token_of_the_fixture_is_accepted(
    app: FastAPI, lucia: httpx.AsyncClient
) -> None:
    # Without this, the test above could pass for any reason.
    async with client_of(app, signed()) as client:
        assert (await client.get("/auth/me")).status_code == 200


async def test_changing_the_password_ends_older_tokens(
    anonymous: httpx.AsyncClient, lucia: httpx.AsyncClient
) -> None:
    change = {"current_password": PASSWORD, "new_password": "another long one"}
    response = await lucia.post("/auth/password", json=change)
    assert response.status_code == 200
    await assert_signed_out_soon(lucia)
    fresh = {"Authorization": f"Bearer {response.json()['access_token']}"}
    assert (await anonymous.get("/auth/me", headers=fresh)).status_code == 200
    assert_error(await sign_in(anonymous, "lucia", PASSWORD), 401, "credentials_wrong")
    assert (await sign_in(anonymous, "lucia", "another long one")).status_code == 200


async def test_changing_the_password_needs_the_present_one(lucia: httpx.AsyncClient) -> None:
    change = {"current_password": "wrong", "new_password": "another long one"}
    assert_error(await lucia.post("/auth/password", json=change), 401, "credentials_wrong")


@pytest.mark.parametrize("password", ["short", "lucialucialucia" * 9, "aaaaaaaaaaaa"])
async def test_weak_password_is_refused(lucia: httpx.AsyncClient, password: str) -> None:
    change = {"current_password": PASSWORD, "new_password": password}
    response = await lucia.post("/auth/password", json=change)
    assert_error(response, 422, "password_rejected")
    assert (await lucia.get("/auth/me")).status_code == 200


@pytest.mark.parametrize("length", [129, 4097, 50_000])
async def test_endless_password_is_just_wrong(
    anonymous: httpx.AsyncClient, lucia: httpx.AsyncClient, length: int
) -> None:
    response = await sign_in(anonymous, "lucia", "x" * length)
    assert_error(response, 401, "credentials_wrong")


async def test_logout_everywhere_ends_every_token(
    app: FastAPI, state: State, lucia: httpx.AsyncClient, marco: httpx.AsyncClient
) -> None:
    assert (await lucia.post("/auth/logout-everywhere")).status_code == 204
    await assert_signed_out_soon(lucia)
    assert (await marco.get("/auth/me")).status_code == 200


async def test_admin_creates_a_user_with_a_generated_password(
    admin: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    response = await admin.post("/admin/users", json={"username": "paola"})
    assert response.status_code == 201
    password = response.json()["password"]
    assert (await sign_in(anonymous, "paola", password)).status_code == 200
    assert_error(
        await admin.post("/admin/users", json={"username": "PAOLA"}), 409, "username_taken"
    )


@pytest.mark.parametrize(
    "username", ["", " ", "a b", "x" * 51, "../etc", "a\0b", "<script>", "İstanbul"]
)
async def test_bad_username_is_refused(admin: httpx.AsyncClient, username: str) -> None:
    response = await admin.post("/admin/users", json={"username": username})
    assert_error(response, 422, "unprocessable")


async def test_disabling_acts_at_once(
    admin: httpx.AsyncClient, anonymous: httpx.AsyncClient, lucia: httpx.AsyncClient
) -> None:
    lucias_id = (await lucia.get("/auth/me")).json()["id"]
    response = await admin.patch(f"/admin/users/{lucias_id}", json={"is_disabled": True})
    assert response.json()["is_disabled"] is True
    await assert_signed_out_soon(lucia)
    assert_error(await sign_in(anonymous, "lucia", PASSWORD), 401, "credentials_wrong")


async def test_role_change_ends_the_tokens(
    admin: httpx.AsyncClient, lucia: httpx.AsyncClient
) -> None:
    lucias_id = (await lucia.get("/auth/me")).json()["id"]
    await admin.patch(f"/admin/users/{lucias_id}", json={"role": "admin"})
    await assert_signed_out_soon(lucia)


@pytest.mark.parametrize("change", [{"role": "user"}, {"is_disabled": True}])
async def test_last_admin_stays(admin: httpx.AsyncClient, change: dict[str, object]) -> None:
    own_id = (await admin.get("/auth/me")).json()["id"]
    assert_error(await admin.patch(f"/admin/users/{own_id}", json=change), 409, "last_admin")
    assert (await admin.get("/auth/me")).status_code == 200


async def test_two_admins_demoting_each_other_leave_one(
    app: FastAPI, state: State, admin: httpx.AsyncClient
) -> None:
    async with client_of(app, await create_account(state, "admin2", Role.ADMIN)) as second:
        answers = await asyncio.gather(
            admin.patch("/admin/users/2", json={"role": "user"}),
            second.patch("/admin/users/1", json={"role": "user"}),
        )
    statuses = sorted(answer.status_code for answer in answers)
    # The other comes too late, or finds that it is no admin any more.
    assert statuses[0] == 200
    assert statuses[1] in (401, 403, 409)
    async with state.database.transaction() as session:
        assert len(await lock_active_admins(session)) == 1


async def test_admin_resets_a_password_and_its_wait(
    admin: httpx.AsyncClient, anonymous: httpx.AsyncClient, lucia: httpx.AsyncClient
) -> None:
    for _ in range(11):
        await sign_in(anonymous, "lucia", "wrong")
    lucias_id = (await lucia.get("/auth/me")).json()["id"]
    response = await admin.post(f"/admin/users/{lucias_id}/reset-password", json={})
    password = response.json()["password"]
    assert (await sign_in(anonymous, "lucia", password)).status_code == 200
    await assert_signed_out_soon(lucia)


async def test_reset_during_a_change_of_password_has_the_last_word(
    admin: httpx.AsyncClient,
    anonymous: httpx.AsyncClient,
    lucia: httpx.AsyncClient,
    state: State,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lucias_id = (await lucia.get("/auth/me")).json()["id"]
    generated = []
    hash_password = state.password_hasher.hash

    async def hash_after_a_reset(password: str) -> str:
        if password == "what a thief would like":
            answer = await admin.post(f"/admin/users/{lucias_id}/reset-password", json={})
            generated.append(answer.json()["password"])
        return await hash_password(password)

    monkeypatch.setattr(state.password_hasher, "hash", hash_after_a_reset)
    change = {"current_password": PASSWORD, "new_password": "what a thief would like"}
    assert_error(await lucia.post("/auth/password", json=change), 401, "credentials_wrong")
    assert (await sign_in(anonymous, "lucia", generated[0])).status_code == 200


async def test_users_come_in_pages(admin: httpx.AsyncClient) -> None:
    for number in range(4):
        await admin.post("/admin/users", json={"username": f"user{number}"})
    first = (await admin.get("/admin/users?limit=3")).json()
    second = (await admin.get(f"/admin/users?limit=3&cursor={first['next']}")).json()
    names = [user["username"] for user in first["items"] + second["items"]]
    assert names == ["admin", "user0", "user1", "user2", "user3"]
    assert second["next"] is None


@pytest.mark.parametrize("cursor", ["x", "aWQ6LTE", "aWQ6OTk5OTk5OTk5OTk5OTk5OTk5OTk", "%00"])
async def test_bad_cursor_is_refused(admin: httpx.AsyncClient, cursor: str) -> None:
    response = await admin.get(f"/admin/users?cursor={cursor}")
    assert_error(response, 400, "cursor_invalid")


@pytest.mark.parametrize("user_id", ["0", "-1", "99999999999", "..%2F1", "1;drop", "%00"])
async def test_tricks_in_ids_are_refused(admin: httpx.AsyncClient, user_id: str) -> None:
    response = await admin.patch(f"/admin/users/{user_id}", json={"role": "admin"})
    assert response.status_code in (404, 405, 422)
    assert set(response.json()) == {"error", "detail"}
