"""Pages of other origins call the service, as they call Custom Vision."""

import httpx

PAGE = "https://elsewhere.example"
PROJECTS = "/customvision/v3.3/Training/projects"


async def test_preflight_is_answered_without_a_key(stranger: httpx.AsyncClient) -> None:
    response = await stranger.options(
        PROJECTS,
        headers={
            "Origin": PAGE,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "training-key, content-type",
        },
    )
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == "*"
    assert "POST" in response.headers["access-control-allow-methods"]
    allowed = response.headers["access-control-allow-headers"].lower()
    assert {"training-key", "content-type"} <= set(allowed.replace(" ", "").split(","))
    assert "access-control-allow-credentials" not in response.headers


async def test_answers_and_errors_can_be_read_there(
    training: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    answer = await training.get("/projects", headers={"Origin": PAGE})
    refused = await stranger.get(PROJECTS, headers={"Origin": PAGE})
    for response, status in ((answer, 200), (refused, 401)):
        assert response.status_code == status
        assert response.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in response.headers


async def test_the_rest_stays_with_its_own_page(stranger: httpx.AsyncClient) -> None:
    response = await stranger.get("/projects", headers={"Origin": PAGE})
    assert "access-control-allow-origin" not in response.headers
