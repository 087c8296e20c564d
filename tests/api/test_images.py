"""Training images: added in batches, listed, shown, tagged and deleted."""

import httpx
from tests.api.projects import add_images, make_project, make_tag, send_images, statuses
from tests.pictures import jpeg


async def test_images_go_in_with_their_tags(admin: httpx.AsyncClient) -> None:
    project = (await make_project(admin))["id"]
    tag = await make_tag(admin, project, "cannoli")
    (image,) = await add_images(admin, project, 1, tag["id"])
    assert image["tags"] == [{"id": tag["id"], "name": "cannoli"}]
    listed = (await admin.get(f"/projects/{project}/images")).json()
    assert listed == {"items": [image], "next": None}
    totals = (await admin.get(f"/projects/{project}")).json()
    assert (totals["tag_count"], totals["image_count"], totals["untagged_count"]) == (1, 1, 0)
    assert (await admin.get(f"/projects/{project}/images/{image['id']}")).json() == image
    original = await admin.get(f"/projects/{project}/images/{image['id']}/original")
    assert original.content == jpeg()
    thumb = await admin.get(f"/projects/{project}/images/{image['id']}/thumbnail")
    assert thumb.status_code == 200
    again = await send_images(admin, project, [jpeg(), jpeg(seed=4)], tag["id"])
    assert statuses(again) == ["OKDuplicate", "OK"]
    page = (await admin.get(f"/projects/{project}/images?tag=cannoli&limit=1")).json()
    assert page["next"]
    rest = (
        await admin.get(f"/projects/{project}/images?tag=cannoli&limit=1&cursor={page['next']}")
    ).json()
    assert rest["items"][0]["id"] == image["id"]
    gone = await admin.delete(f"/projects/{project}/images?id={image['id']}")
    assert gone.json() == {"deleted": [image["id"]], "missing": []}
    r = await admin.post(
        f"/projects/{project}/images/tags",
        json={"image_ids": [page["items"][0]["id"]], "remove": [tag["id"]]},
    )
    assert r.json()["items"][0]["tags"] == []
    assert (await admin.delete(f"/projects/{project}/tags/{tag['id']}")).status_code == 204
    assert (await admin.delete(f"/projects/{project}")).status_code == 204
