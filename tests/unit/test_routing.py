"""Direct routes: called as they are declared, and refused when FastAPI would have to help."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response

from classifr.routing import DirectRoute


async def caller(request: Request) -> str:
    if "x-name" not in request.headers:
        raise HTTPException(401)
    return request.headers["x-name"]


async def never(request: Request) -> None:
    raise HTTPException(403)


async def with_a_query(request: Request, page: int) -> int:
    return page


async def behind_another(request: Annotated[None, Depends(never)]) -> None:
    raise NotImplementedError


async def with_an_end(request: Request) -> AsyncIterator[None]:
    yield


def in_a_thread(request: Request) -> None:
    raise NotImplementedError


@pytest.fixture
def router() -> APIRouter:
    return APIRouter(route_class=DirectRoute)


def client_of(router: APIRouter, *, is_included: bool = False) -> httpx.AsyncClient:
    app = FastAPI()
    if is_included:
        app.include_router(router, dependencies=[Depends(never)])
    else:
        app.router.routes.extend(router.routes)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def test_a_route_gets_what_its_dependencies_give(router: APIRouter) -> None:
    @router.post("/greet/{title}")
    async def greet(request: Request, name: Annotated[str, Depends(caller)]) -> Response:
        return Response(f"{request.path_params['title']} {name}: {(await request.body()).decode()}")

    client = client_of(router)

    answer = await client.post("/greet/Dr", content=b"hello", headers={"x-name": "Ada"})
    assert answer.text == "Dr Ada: hello"
    assert (await client.post("/greet/Dr")).status_code == 401


async def test_the_first_dependency_that_refuses_ends_the_request(router: APIRouter) -> None:
    was_called = []

    @router.get("/")
    async def tell(
        request: Request,
        first: Annotated[None, Depends(never)],
        second: Annotated[str, Depends(caller)],
    ) -> Response:
        was_called.append(request)
        return Response()

    assert (await client_of(router).get("/")).status_code == 403
    assert not was_called


async def test_an_included_route_has_the_dependencies_of_its_inclusion_too(
    router: APIRouter,
) -> None:
    @router.get("/")
    async def tell(request: Request, name: Annotated[str, Depends(caller)]) -> Response:
        return Response(name)

    named = {"x-name": "Ada"}
    assert (await client_of(router).get("/", headers=named)).text == "Ada"
    refused = await client_of(router, is_included=True).get("/", headers=named)
    assert refused.status_code == 403


def test_a_route_with_a_parameter_of_its_own_is_refused(router: APIRouter) -> None:
    async def tell(request: Request, page: Annotated[int, Query()]) -> Response:
        raise NotImplementedError

    with pytest.raises(TypeError, match="tell"):
        router.get("/")(tell)


def test_a_route_that_runs_in_a_thread_is_refused(router: APIRouter) -> None:
    with pytest.raises(TypeError, match="in_a_thread"):
        router.get("/")(in_a_thread)


@pytest.mark.parametrize("depend", [with_a_query, behind_another, with_an_end, in_a_thread])
def test_a_dependency_that_needs_more_than_a_call_is_refused(
    router: APIRouter, depend: Callable[..., object]
) -> None:
    async def tell(request: Request, needed: Annotated[object, Depends(depend)]) -> Response:
        raise NotImplementedError

    with pytest.raises(TypeError, match=depend.__name__):
        router.get("/")(tell)


def test_a_dependency_without_a_name_is_refused(router: APIRouter) -> None:
    async def tell(request: Request) -> Response:
        raise NotImplementedError

    # It would be easy to pass over, and it may be the one that asks who is there.
    with pytest.raises(TypeError, match="tell"):
        router.get("/", dependencies=[Depends(caller)])(tell)
