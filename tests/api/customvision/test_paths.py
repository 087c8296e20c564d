"""Addresses in every form that clients write, and those that lead nowhere."""

import httpx
import pytest
from tests.api.customvision.dialect import ORIGIN, assert_refused

from classifr.customvision.paths import canonical_path


@pytest.mark.parametrize(
    "path",
    [
        "/customvision/v3.4-preview/training/domains",
        "//customvision/v3.3/Training/domains",
        "/CustomVision/V3.0/TRAINING/Domains/",
        "///CUSTOMVISION//v3.1/training///domains//",
        "/customvision/v3.2/Training/%64omains",
    ],
)
async def test_addresses_are_found_in_any_form(training: httpx.AsyncClient, path: str) -> None:
    response = await training.get(ORIGIN + path)
    assert response.status_code == 200, response.text
    assert len(response.json()) == 18


@pytest.mark.parametrize(
    "path",
    [
        "/customvision",
        "/customvision/",
        "/customvision/training/domains",
        "/customvision/v2.0/training/domains",
        "/customvision/v3.5/training/domains",
        "/customvision/v3.4-preview/training",
        "/customvision/v3.4-preview/training/nothing/here",
        "/customvision/v9/prediction/x/classify/iterations/m/image",
        "/CustomVision/index.html",
        "/customvision/..%2f..%2fpyproject.toml",
        "/customvision/v3.3/training/%FF%00",
    ],
)
async def test_unknown_addresses_are_flat_not_found(training: httpx.AsyncClient, path: str) -> None:
    assert_refused(await training.get(ORIGIN + path), 404, "NotFound")


async def test_wrong_methods_are_flat_errors(training: httpx.AsyncClient) -> None:
    assert_refused(await training.put("/domains"), 405, "BadRequestOperationNotSupported")


def test_published_names_keep_their_case_and_slashes() -> None:
    start = "/customvision/v3.1/prediction/p/classify/iterations"
    assert (
        canonical_path(
            "//CustomVision/v3.0/Prediction/P/Classify/Iterations/classify%20Model%2F1/Image"
        )
        == f"{start}/classify Model%2F1/image"
    )
    assert canonical_path(f"{start}/100%25%2fa/url/NoStore") == f"{start}/100%25%2Fa/url/nostore"
    assert canonical_path("/CustomVision/files/AbC/dE") == "/customvision/files/AbC/dE"
    assert canonical_path("/customvisions/v3.0/training") is None
    assert canonical_path("/") is None
