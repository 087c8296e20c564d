"""axe-core finds nothing to object to on any screen, in any dress."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect
from tests.e2e.conftest import Server, sign_in

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
WORDS = {
    "fr": {
        "sign_in": "Connexion",
        "all_tags": "Voir les",
        "create": "Créer un compte",
        "relabel": "Corriger le tag",
        "delete": re.compile("Supprimer"),
        "reset": re.compile("Nouveau mot de passe pour admin"),
        "account": re.compile("Compte de admin"),
    },
    "en": {
        "sign_in": "Sign in",
        "all_tags": "Show all",
        "create": "Create",
        "relabel": re.compile("Correct"),
        "delete": re.compile("Delete"),
        "reset": re.compile("New password for admin"),
        "account": re.compile("Account of admin"),
    },
}


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["fr", "en"])
async def test_every_screen_passes_axe_and_fits(
    server: Server, browser: Browser, photo: Path, language: str, theme: str, width: int
) -> None:
    words = WORDS[language]
    server.delete_all_wrong()
    wrong_id = server.make_wrong(correct_tag="cannoli")
    context = await browser.new_context(
        base_url=server.url,
        viewport={"width": width, "height": 800},
        color_scheme=theme,
        reduced_motion="reduce",
    )
    context.set_default_timeout(15_000)
    await context.add_init_script(f"localStorage.setItem('classifr.language', '{language}')")
    page = await context.new_page()

    async def check(screen: str) -> None:
        await _check(page, f"{screen}, {language}, {theme}, {width} px")

    await page.goto("/")
    await page.get_by_role("button", name=words["sign_in"]).wait_for()
    await check("login")
    await page.get_by_label("Username").fill("admin")
    await page.get_by_label("Password", exact=True).fill("wrong")
    await page.get_by_role("button", name=words["sign_in"]).click()
    await page.get_by_role("alert").first.wait_for()
    await check("login refused")
    await page.get_by_label("Password", exact=True).fill("a password for tests")
    await page.get_by_role("button", name=words["sign_in"]).click()
    await page.get_by_test_id("file-input").wait_for(state="attached")
    await check("home, empty")
    await page.get_by_role("button", name=words["account"]).click()
    await check("account menu")
    await page.keyboard.press("Escape")

    await page.get_by_test_id("file-input").set_input_files(__file__)
    await page.get_by_role("alert").first.wait_for()
    await check("home, refused file")
    await page.get_by_test_id("file-input").set_input_files(photo)
    await page.get_by_role("button", name="NOK").wait_for()
    await check("home, answered")
    await page.get_by_role("button", name=re.compile(words["all_tags"])).click()
    await check("home, all tags")
    await page.get_by_role("button", name="NOK").click()
    await page.get_by_role("dialog").wait_for()
    await check("which tag")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name=re.compile("^OK")).click()
    await page.wait_for_url("**/#/confirmation")
    await check("confirmation")

    await page.goto("/#/wrong-predictions")
    await page.get_by_role("checkbox").first.wait_for()
    await check("wrong predictions")
    await page.get_by_role("checkbox").first.check()
    await check("wrong predictions, one selected")
    await page.get_by_role("button", name=words["delete"]).first.click()
    await page.get_by_role("dialog").wait_for()
    await check("confirm deletion")
    await page.keyboard.press("Escape")
    await page.goto(f"/#/wrong-predictions/{wrong_id}")
    await page.get_by_role("button", name=words["relabel"]).wait_for()
    await check("one wrong prediction")
    await page.get_by_role("button", name=words["relabel"]).click()
    await page.get_by_role("dialog").wait_for()
    await check("relabel")
    await page.keyboard.press("Escape")

    await page.goto("/#/users")
    await page.get_by_role("button", name=words["reset"]).wait_for()
    await check("users")
    await page.get_by_role("button", name=words["create"]).first.click()
    await page.get_by_role("dialog").wait_for()
    await check("create a user")
    await page.keyboard.press("Escape")
    await page.goto("/#/monitoring")
    await page.locator("canvas").wait_for()
    await check("monitoring")
    server.delete_all_wrong()
    await page.goto("/#/wrong-predictions")
    await expect(page.get_by_role("checkbox")).to_have_count(0)
    await check("wrong predictions, none")
    await page.goto("/#/nowhere")
    await page.get_by_role("heading", level=1).wait_for()
    await check("not found")
    await context.close()


@pytest.mark.parametrize(
    ("language", "theme", "width"),
    [("fr", "light", 360), ("en", "dark", 360), ("en", "light", 768), ("fr", "dark", 1440)],
)
async def test_every_training_screen_passes_axe_and_fits(
    server: Server, browser: Browser, photo: Path, language: str, theme: str, width: int
) -> None:
    project, iteration = server.trained_project()
    server.delete_all_wrong()
    server.make_wrong(correct_tag="cannoli")
    context = await browser.new_context(
        base_url=server.url,
        viewport={"width": width, "height": 800},
        color_scheme=theme,
        reduced_motion="reduce",
    )
    context.set_default_timeout(15_000)
    page = await context.new_page()
    await page.goto("/")
    await sign_in(page)
    await page.evaluate(f"localStorage.setItem('classifr.language', '{language}')")
    await page.reload()

    async def check(screen: str) -> None:
        await _check(page, f"{screen}, {language}, {theme}, {width} px")

    async def check_dialog(opener: str, screen: str) -> None:
        await page.locator(opener).first.click()
        await page.get_by_role("dialog").wait_for()
        await check(screen)
        await page.keyboard.press("Escape")

    await page.goto("/#/projects")
    await page.locator(".project-cover img:visible").first.wait_for()
    await check("projects")
    await check_dialog("[data-create]", "create a project")

    await page.goto(f"/#/projects/{project}")
    await page.locator(".image-tile img:visible").first.wait_for()
    await check("images")
    await check_dialog("[data-new-tag]", "new tag")
    await page.locator(".image-tile").nth(1).click()
    await check("images, one selected")
    await check_dialog("[data-open-selected]", "one image")
    await check_dialog("[data-tag-selected]", "give a tag")
    await check_dialog("[data-delete-selected]", "delete an image")
    await page.get_by_test_id("images-input").set_input_files([photo, __file__])
    await page.locator(".uploads [data-toggle]").click()
    await page.locator(".uploads-reason").wait_for()
    await check("upload with a refused file")
    await page.locator(".uploads [data-stop]").click()

    await page.goto(f"/#/projects/{project}/training")
    await page.locator(".iteration-row").first.wait_for()
    await page.locator(".train-options summary").click()
    await page.locator("[name=advanced]").check()
    await check("training")
    await page.goto(f"/#/projects/{project}/settings")
    await page.locator("[data-about]").wait_for()
    await check("settings")

    await page.goto(f"/#/projects/{project}/iterations/{iteration}")
    await page.locator(".verdict-lead").wait_for()
    await page.locator("[data-numbers] dd").first.wait_for()
    await page.locator(".comparison summary").click()
    await check("report")
    await check_dialog("[data-cell]", "images of a cell")
    await check_dialog("[data-publish]", "publish")
    await page.locator("[popovertarget=iteration-more]").click()
    await check("more about an iteration")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("test-input").set_input_files(photo)
    await page.locator("[data-test-answer] tbody tr").first.wait_for()
    await check("report, an image tried")

    await page.goto("/#/keys")
    await page.locator("[data-keys] .notice-heading").wait_for()
    await check("keys, none")
    await check_dialog("[data-create]", "create a key")
    await page.goto("/#/wrong-predictions")
    await page.get_by_role("checkbox").first.check()
    await check_dialog("[data-learn-selected]", "add to the training set")
    server.admin.delete(f"/projects/{project}/images", params={"id": _untagged(server, project)})
    await context.close()


def _untagged(server: Server, project: str) -> list[str]:
    items = server.admin.get(f"/projects/{project}/images?untagged=true").json()["items"]
    return [item["id"] for item in items]


LOOK = """element => {
    const {color, backgroundColor, borderTopColor} = getComputedStyle(element);
    return [color, backgroundColor, borderTopColor];
}"""
FOCUSED = """() => {
    const {outlineStyle, outlineWidth, outlineColor} = getComputedStyle(document.activeElement);
    return [document.activeElement.outerHTML.slice(0, 120), document.activeElement.tagName,
        outlineStyle, parseFloat(outlineWidth), outlineColor];
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_keyboard_focus_is_seen_on_every_control(
    server: Server, browser: Browser, photo: Path, theme: str
) -> None:
    context = await browser.new_context(
        base_url=server.url, color_scheme=theme, reduced_motion="reduce"
    )
    page = await context.new_page()
    await page.goto("/")
    await sign_in(page)
    await page.get_by_test_id("file-input").set_input_files(photo)
    verdicts = [page.get_by_role("button", name=re.compile(name)) for name in ("^OK", "^NOK")]
    at_rest = [await verdict.evaluate(LOOK) for verdict in verdicts]
    await page.get_by_role("heading", level=1).focus()
    seen = []
    for _ in range(40):
        await page.keyboard.press("Tab")
        element, tag, style, width, colour = await page.evaluate(FOCUSED)
        if element in seen:
            break
        if tag == "BODY":
            continue
        seen.append(element)
        assert (style, width) == ("solid", 3), element
        assert "rgba" not in colour, element
        looks = [await verdict.evaluate(LOOK) for verdict in verdicts]
        assert looks == at_rest, f"with the focus on {element}"
    # Skip link, wordmark, three for admins, sign out, account; then all tags, OK, NOK, browse.
    assert len(seen) >= 11, seen
    await context.close()


async def _check(page: Page, screen: str) -> None:
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text())
    await page.evaluate("document.fonts.ready")
    found = await page.evaluate("axe.run(document)")
    violations = [
        (violation["id"], [node["html"][:160] for node in violation["nodes"]])
        for violation in found["violations"]
    ]
    assert violations == [], screen
    too_wide = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert too_wide <= 0, f"{screen} scrolls sideways by {too_wide} px"
