"""The whole journey of a person and an admin, in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect
from tests.e2e.conftest import Answering, Server, sign_in, watch_console

SHOWN_TAGS = 5


async def choose(page: Page, photo: Path) -> None:
    """Choose a photo as a person does, and wait for the answer."""
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Browse local files").click()
    await (await chooser.value).set_files(photo)
    await expect(page.get_by_role("heading", name="Validation de la prédiction")).to_be_visible()


async def test_full_journey_from_sign_in_to_sign_out(
    server: Server, browser: Browser, page: Page, photo: Path, answering: Answering
) -> None:
    server.delete_all_wrong()
    password = server.create_user("giulia")

    # State 0: signed out, every address leads to the login.
    await page.goto("/#/wrong-predictions")
    await expect(page.get_by_role("button", name="Connexion")).to_be_visible()
    year = await page.evaluate("new Date().getFullYear()")
    await expect(page.get_by_text(f"{year}, CLASSIFR")).to_be_visible()
    await page.goto("/")
    await sign_in(page, "giulia", password)

    # State 1: the user's own words, a photo, predictions.
    for text in (
        "Image uploaded will show up here",
        "File formats accepted: jpg",
        "File size should not exceed: 4mo",
    ):
        await expect(page.get_by_text(text)).to_be_visible()
    await expect(page.get_by_role("button", name="Déconnexion")).to_be_visible()
    await expect(page.get_by_role("link", name="Prédiction erronée")).to_have_count(0)
    await expect(page.get_by_role("button", name="Prédiction erronée")).to_have_count(0)
    await choose(page, photo)
    rows = page.get_by_role("table").get_by_role("row")
    await expect(rows).to_have_count(1 + min(SHOWN_TAGS, answering.tag_count))
    await expect(rows.nth(1)).to_contain_text(re.compile(r"\d+(,\d)?\s?%"))
    await expect(page.get_by_text("En cliquant sur NOK, l'image va s'enregistrer")).to_be_visible()

    # The rest of a thousand tags, on demand.
    if answering.tag_count > SHOWN_TAGS:
        await page.get_by_role("button", name=re.compile("Voir les 1.000 tags")).click()
        await page.get_by_role("searchbox", name="Filtrer les tags").fill("pizza")
        await expect(page.get_by_role("table").get_by_role("row")).to_have_count(2)

    # NOK, with the correct tag, and the confirmation.
    await page.get_by_role("button", name="NOK").click()
    await page.get_by_role("combobox", name="Tag correct").fill("cannoli")
    await page.get_by_role("button", name="Envoyer", exact=True).click()
    await expect(
        page.get_by_role("heading", name="Votre validation a été prise en compte")
    ).to_be_visible()
    await (
        page.get_by_role("link", name="Accueil")
        .or_(page.get_by_role("button", name="Accueil"))
        .first.click()
    )
    await expect(page.get_by_text("Image uploaded will show up here")).to_be_visible()

    # An ordinary user does not reach state 3.
    await page.goto("/#/wrong-predictions")
    await expect(page.get_by_role("heading", name="Prédictions erronées")).to_have_count(0)
    await page.get_by_role("button", name="Déconnexion").click()
    await expect(page.get_by_role("button", name="Connexion")).to_be_visible()

    # The admin finds the photo, sees it, corrects the tag, deletes it, signs out.
    context = await browser.new_context(base_url=server.url)
    admin = await context.new_page()
    problems = watch_console(admin)
    await admin.goto("/#/wrong-predictions")
    await admin.get_by_label("Username").fill("admin")
    await admin.get_by_label("Password", exact=True).fill("a password for tests")
    await admin.get_by_role("button", name="Connexion").click()
    await expect(admin.get_by_role("heading", name="Prédictions erronées")).to_be_visible()
    card = admin.get_by_role("listitem").filter(has_text="giulia")
    await expect(card).to_contain_text("cannoli")
    await expect(card).to_contain_text(answering.project)
    await expect_shown(card.get_by_role("img"))
    await card.get_by_role("link", name=re.compile("Ouvrir la prédiction .* de giulia")).click()
    await expect_shown(admin.get_by_role("img", name=re.compile("Photo de giulia")))
    await admin.get_by_role("button", name="Corriger le tag").click()
    await admin.get_by_role("combobox", name="Tag correct").fill("tiramisu")
    await admin.get_by_role("button", name="Envoyer", exact=True).click()
    await expect(admin.get_by_text("Tag correct enregistré.")).to_be_visible()
    await expect(admin.get_by_text("tiramisu")).to_be_visible()
    await admin.get_by_role("button", name="Supprimer").click()
    await admin.get_by_role("dialog").get_by_role("button", name="Supprimer").click()
    await expect(admin.get_by_role("heading", name="Rien à analyser")).to_be_visible()
    await admin.get_by_role("button", name="Déconnexion").click()
    await expect(admin.get_by_role("button", name="Connexion")).to_be_visible()
    assert problems == []
    await context.close()


async def expect_shown(image) -> None:
    """Wait until the image has really been decoded."""
    await expect(image).to_be_visible()
    await expect(image).to_have_js_property("complete", True)
    assert await image.evaluate("image => image.naturalWidth") > 0


async def test_ok_thanks_and_keeps_no_photo(server: Server, page: Page, photo: Path) -> None:
    server.delete_all_wrong()
    await page.goto("/")
    await sign_in(page)
    await choose(page, photo)
    await page.keyboard.press("o")
    await expect(
        page.get_by_role("heading", name="Votre validation a été prise en compte")
    ).to_be_visible()
    assert server.admin.get("/admin/wrong-predictions").json()["items"] == []


@pytest.fixture
def photo_bytes(photo: Path) -> list[int]:
    """The photo as the browser's scripts take it."""
    return list(photo.read_bytes())


async def test_photo_can_be_dropped_and_pasted(page: Page, photo_bytes: list[int]) -> None:
    await page.goto("/")
    await sign_in(page)
    for event in ("drop", "paste"):
        await page.evaluate(
            """async ([event, bytes]) => {
                const file = new File([new Uint8Array(bytes)], 'photo.jpg', {type: 'image/jpeg'});
                const data = new DataTransfer();
                data.items.add(file);
                const init = {bubbles: true, cancelable: true};
                document.body.dispatchEvent(event === 'drop'
                    ? new DragEvent('drop', {...init, dataTransfer: data})
                    : new ClipboardEvent('paste', {...init, clipboardData: data}));
            }""",
            [event, photo_bytes],
        )
        await expect(
            page.get_by_role("heading", name="Validation de la prédiction")
        ).to_be_visible()
        await page.reload()
        await expect(page.get_by_text("Image uploaded will show up here")).to_be_visible()


async def test_wrong_file_is_refused_with_a_reason(page: Page, tmp_path: Path) -> None:
    await page.goto("/")
    await sign_in(page)
    text = tmp_path / "notes.txt"
    text.write_text("not a photo")
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0 this is no photo")
    for path, sentence in (
        (text, "Ce fichier n’est pas une photo que Classifr sait lire"),
        (broken, "La photo est abîmée ou incomplète"),
    ):
        await page.get_by_test_id("file-input").set_input_files(path)
        await expect(page.get_by_text(sentence)).to_be_visible()


async def test_wrong_password_is_told_and_the_form_stays(page: Page) -> None:
    await page.goto("/")
    await page.get_by_label("Username").fill("admin")
    await page.get_by_label("Password", exact=True).fill("wrong")
    await page.get_by_role("button", name="Connexion").click()
    await expect(page.get_by_text("Nom d’utilisateur ou mot de passe incorrect.")).to_be_visible()
    await expect(page.get_by_label("Username")).to_have_value("admin")


async def test_session_that_ended_elsewhere_leads_to_the_login(
    server: Server, page: Page, photo: Path
) -> None:
    password = server.create_user("paolo")
    await page.goto("/")
    await sign_in(page, "paolo", password)
    users = server.admin.get("/admin/users?limit=200").json()["items"]
    paolo = next(user["id"] for user in users if user["username"] == "paolo")
    server.admin.patch(f"/admin/users/{paolo}", json={"is_disabled": True})
    # Every process reads an account anew twice a second.
    await page.wait_for_timeout(700)
    await page.get_by_test_id("file-input").set_input_files(photo)
    await expect(page.get_by_role("button", name="Connexion")).to_be_visible()
    await expect(page.get_by_text("Votre session est terminée")).to_be_visible()


async def test_back_button_and_deep_links_work(server: Server, page: Page) -> None:
    server.delete_all_wrong()
    wrong_id = server.make_wrong()
    await page.goto(f"/#/wrong-predictions/{wrong_id}")
    await page.get_by_label("Username").fill("admin")
    await page.get_by_label("Password", exact=True).fill("a password for tests")
    await page.get_by_role("button", name="Connexion").click()
    await expect(
        page.get_by_role("heading", name=f"Prédiction erronée n° {wrong_id}")
    ).to_be_visible()
    await page.goto("/#/users")
    await expect(page.get_by_role("heading", name="Utilisateurs")).to_be_visible()
    await page.go_back()
    await expect(
        page.get_by_role("heading", name=f"Prédiction erronée n° {wrong_id}")
    ).to_be_visible()


async def test_admin_selects_many_and_deletes_them(server: Server, page: Page) -> None:
    server.delete_all_wrong()
    for seed in range(3):
        server.make_wrong(seed=seed)
    await page.goto("/")
    await sign_in(page)
    await page.goto("/#/wrong-predictions")
    boxes = page.get_by_role("checkbox", name=re.compile("Sélectionner la prédiction"))
    await expect(boxes).to_have_count(3)
    await boxes.nth(0).check()
    await boxes.nth(2).check()
    bar = page.get_by_role("region", name="Sélection")
    await expect(bar).to_contain_text("2 sélectionnées")
    await bar.get_by_role("button", name="Supprimer").click()
    await page.get_by_role("dialog").get_by_role("button", name="Supprimer").click()
    await expect(boxes).to_have_count(1)
    assert len(server.admin.get("/admin/wrong-predictions").json()["items"]) == 1


async def test_admin_creates_a_user_whose_password_works(
    server: Server, browser: Browser, page: Page
) -> None:
    await page.goto("/")
    await sign_in(page)
    await page.goto("/#/users")
    await page.get_by_role("button", name="Créer un compte").click()
    await page.get_by_label("Nom d’utilisateur").fill("beatrice")
    await page.get_by_role("button", name="Créer", exact=True).click()
    shown = page.get_by_label("Mot de passe généré")
    await expect(shown).to_be_visible()
    password = await shown.input_value()
    context = await browser.new_context(base_url=server.url)
    other = await context.new_page()
    await other.goto("/")
    await sign_in(other, "beatrice", password)
    await context.close()


async def test_language_and_theme_are_remembered(context: BrowserContext, page: Page) -> None:
    await page.goto("/")
    await page.evaluate(
        "localStorage.setItem('classifr.language', 'en');"
        "localStorage.setItem('classifr.theme', 'dark')"
    )
    await page.reload()
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert await page.locator("html").get_attribute("lang") == "en"
    assert await page.locator("html").get_attribute("data-bs-theme") == "dark"


async def test_two_people_work_at_once(server: Server, browser: Browser, photo: Path) -> None:
    server.delete_all_wrong()
    people = {name: server.create_user(name) for name in ("anna", "bruno")}
    pages = {}
    for name, password in people.items():
        context = await browser.new_context(base_url=server.url)
        pages[name] = await context.new_page()
        await pages[name].goto("/")
        await sign_in(pages[name], name, password)
    for page in pages.values():
        await choose(page, photo)
    for page in pages.values():
        await page.get_by_role("button", name="NOK").click()
        await page.get_by_role("button", name="Envoyer sans tag").click()
        await expect(
            page.get_by_role("heading", name="Votre validation a été prise en compte")
        ).to_be_visible()
    items = server.admin.get("/admin/wrong-predictions").json()["items"]
    assert {item["username"] for item in items} == {"anna", "bruno"}
    for page in pages.values():
        await page.context.close()


@pytest.mark.parametrize(
    ("width", "height"), [(1366, 650), (1440, 900), (360, 740), (740, 360), (820, 1100)]
)
async def test_photo_answer_and_verdict_are_seen_together(
    server: Server, browser: Browser, photo: Path, width: int, height: int
) -> None:
    context = await browser.new_context(
        base_url=server.url, viewport={"width": width, "height": height}
    )
    page = await context.new_page()
    await page.goto("/")
    await sign_in(page)
    await choose(page, photo)
    photo_frame = page.get_by_role("img", name=re.compile("Photo choisie"))
    for part, share in (
        (photo_frame, 0.95),
        (page.get_by_role("table").get_by_role("row").nth(1), 1),
        (page.get_by_role("button", name=re.compile("^OK")), 1),
        (page.get_by_role("button", name=re.compile("^NOK")), 1),
        (page.get_by_text("En cliquant sur NOK"), 1),
    ):
        await expect(part).to_be_in_viewport(ratio=share)
    await context.close()


async def test_two_quick_verdicts_are_one(page: Page, photo: Path) -> None:
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else 0)
    await page.goto("/")
    await sign_in(page)
    await choose(page, photo)
    await page.evaluate(
        """for (const key of ['o', 'o', 'n', 'o'])
            document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}))"""
    )
    await expect(
        page.get_by_role("heading", name="Votre validation a été prise en compte")
    ).to_be_visible()
    assert len([url for url in sent if url.endswith("/feedback")]) == 1


DROP = """([type, bytes, count]) => {
    const data = new DataTransfer();
    for (let index = 0; index < count; index += 1)
        data.items.add(new File([new Uint8Array(bytes)], 'photo.jpg', {type: 'image/jpeg'}));
    const init = {bubbles: true, cancelable: true, dataTransfer: data};
    return document.body.dispatchEvent(new DragEvent(type, init));
}"""


async def test_browser_never_opens_a_dropped_file(
    server: Server, page: Page, photo_bytes: list[int]
) -> None:
    await page.goto("/")
    await page.get_by_role("button", name="Connexion").wait_for()
    assert await page.evaluate(DROP, ["drop", photo_bytes, 1]) is False
    await sign_in(page)
    for address in ("/#/wrong-predictions", "/#/users", "/#/monitoring", "/#/nowhere"):
        await page.goto(address)
        await page.get_by_role("heading", level=1).wait_for()
        for event in ("dragover", "drop"):
            assert await page.evaluate(DROP, [event, photo_bytes, 1]) is False, address


async def test_next_photo_can_be_dropped_on_the_confirmation(
    page: Page, photo: Path, photo_bytes: list[int]
) -> None:
    await page.goto("/")
    await sign_in(page)
    await choose(page, photo)
    await page.keyboard.press("o")
    await page.get_by_text("Ou déposez la photo suivante ici.").wait_for()
    await page.evaluate(DROP, ["drop", photo_bytes, 2])
    await expect(page.get_by_role("heading", name="Validation de la prédiction")).to_be_visible()
    await expect(page.get_by_text("Une photo à la fois")).to_be_visible()


async def test_typing_replaces_the_tag_there_was(server: Server, page: Page) -> None:
    wrong_id = server.make_wrong(correct_tag="beignet")
    await page.goto("/")
    await sign_in(page)
    await page.goto(f"/#/wrong-predictions/{wrong_id}")
    await page.get_by_role("button", name="Corriger le tag").click()
    await expect(page.get_by_role("option")).not_to_have_count(0)
    await page.keyboard.type("  BAGUETTE ")
    await expect(page.get_by_role("option", selected=True)).to_have_text("baguette")
    await page.get_by_role("button", name="Envoyer", exact=True).click()
    await expect(page.get_by_text("Tag correct enregistré.")).to_be_visible()
    found = server.admin.get(f"/admin/wrong-predictions/{wrong_id}").json()
    assert found["correct_tag"] == "baguette"


async def test_new_category_that_begins_like_a_tag_is_chosen_by_hand(
    server: Server, page: Page
) -> None:
    wrong_id = server.make_wrong()
    await page.goto("/")
    await sign_in(page)
    await page.goto(f"/#/wrong-predictions/{wrong_id}")
    await page.get_by_role("button", name="Corriger le tag").click()
    await page.get_by_role("combobox", name="Tag correct").fill("bag  u")
    await page.get_by_role("combobox", name="Tag correct").fill("bagu")
    options = page.get_by_role("option")
    await expect(options.first).to_have_text("baguette")
    await expect(options.last).to_contain_text("Nouvelle catégorie")
    await expect(page.get_by_role("option", selected=True)).to_have_count(0)
    await page.get_by_role("button", name="Envoyer", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("commencent par")
    await options.last.click()
    await page.get_by_role("button", name="Envoyer", exact=True).click()
    await expect(page.get_by_text("Tag correct enregistré.")).to_be_visible()
    found = server.admin.get(f"/admin/wrong-predictions/{wrong_id}").json()
    assert found["correct_tag"] == "bagu"


async def test_language_of_the_login_changes_nothing_else(page: Page) -> None:
    await page.goto("/")
    await page.get_by_label("Username").fill("admin")
    await page.get_by_label("Password", exact=True).fill("wrong")
    await page.get_by_role("button", name="Connexion").click()
    await page.get_by_role("alert").wait_for()
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("alert")).to_contain_text("The username or the password is wrong")
    await expect(page.get_by_label("Username")).to_have_value("admin")
    await expect(page.get_by_label("Password", exact=True)).to_have_value("wrong")
    await expect(page.get_by_role("button", name="Français")).to_be_focused()


async def test_review_is_filtered_by_correct_tag_and_from_the_monitoring(
    server: Server, page: Page
) -> None:
    server.delete_all_wrong()
    wrong_id = server.make_wrong(correct_tag="ricotta", seed=1)
    server.make_wrong(correct_tag="cannoli", seed=2)
    tag = server.admin.get(f"/admin/wrong-predictions/{wrong_id}").json()["tag"]
    await page.goto("/")
    await sign_in(page)
    await page.goto("/#/wrong-predictions")
    cards = page.get_by_role("listitem")
    await expect(cards).to_have_count(2)
    await page.get_by_role("button", name="Filtres").click()
    field = page.get_by_label("Tag correct")
    await field.click()
    await page.locator("#filter-correct_tag-list option").first.wait_for(state="attached")
    await field.fill("Ricotta ")
    await page.get_by_role("button", name="Filtrer").click()
    await expect(cards).to_have_count(1)
    await expect(cards).to_contain_text("ricotta")
    await page.goto("/#/wrong-predictions?tag=nothing")
    await expect(page.get_by_text("Un tag ou un nom se filtre en entier")).to_be_visible()
    await page.goto("/#/monitoring")
    await page.get_by_role("link", name=re.compile(f"prédites {tag} et jugées NOK")).click()
    await expect(cards.first).to_contain_text(tag)
    await expect(page.get_by_label("Tag prédit")).to_have_value(tag)
