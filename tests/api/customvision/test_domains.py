"""What projects can be about."""

from uuid import uuid4

import httpx
from tests.api.customvision.dialect import assert_refused
from tests.ids import FOOD


async def test_domains_have_their_real_ids(training: httpx.AsyncClient) -> None:
    domains = {domain["id"]: domain for domain in (await training.get("/domains")).json()}
    food = domains[FOOD]
    assert food == {
        "id": FOOD,
        "name": "Food",
        "type": "Classification",
        "exportable": False,
        "enabled": True,
        "exportablePlatforms": [],
        "modelInformation": None,
    }
    assert (await training.get(f"/domains/{food['id']}")).json() == food
    assert_refused(await training.get(f"/domains/{uuid4()}"), 404, "NotFoundDomain")
    assert_refused(await training.get("/domains/food"), 404, "NotFoundDomain")
