"""The life of a model in a real browser: images, training, report, publish, roll back."""

import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect
from tests.e2e.conftest import Server, running_server, sign_in, watch_console
from tests.pictures import dish

IMAGES_PER_TAG = 14


def folder_of(root: Path, *tags: str) -> Path:
    """A folder with one folder of images a tag, as the user keeps them."""
    for tag in tags:
        (root / tag).mkdir(parents=True)
        for index in range(IMAGES_PER_TAG):
            (root / tag / f"{index:02}.jpg").write_bytes(dish(tag, index))
    return root


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of its own: what is published here answers every prediction."""
    with running_server() as server:
        yield server


@pytest.fixture
async def context(browser: Browser, server: Server) -> BrowserContext:
    context = await browser.new_context(
        base_url=server.url, locale="fr-FR", reduced_motion="reduce"
    )
    context.set_default_timeout(30_000)
    return context


@pytest.fixture
async def page(context: BrowserContext):
    page = await context.new_page()
    problems = watch_console(page)
    await page.goto("/")
    await sign_in(page)
    yield page
    assert problems == []
    await context.close()


async def create_project(page: Page, name: str) -> None:
    """From the list of projects to the new project's images."""
    await page.goto("/#/projects")
    await page.get_by_role("button", name="Créer un projet").click()
    await page.get_by_label("Nom", exact=True).fill(name)
    await page.get_by_role("button", name="Créer", exact=True).click()
    await expect(page.get_by_role("heading", name="Déposez vos photos ici")).to_be_visible()


async def upload(page: Page, folder: Path, count: int) -> None:
    """Choose a folder, and wait until its images are in the project."""
    await page.get_by_test_id("folder-input").set_input_files(folder)
    panel = page.get_by_role("complementary", name="Envoi d’images")
    await expect(panel).to_contain_text(f"{count} ajoutées", timeout=60_000)


async def train(page: Page) -> None:
    """Press Train and see the progress until the end."""
    await page.get_by_role("link", name="Entraînement").click()
    await page.get_by_role("button", name="Entraîner", exact=True).click()
    await expect(page.get_by_role("progressbar", name=re.compile("s’entraîne"))).to_be_visible()
    await expect(page.get_by_text(re.compile("est entraînée"))).to_be_visible(timeout=120_000)


async def predicted(page: Page, photo: Path) -> list[str]:
    """The tags the home page answers, likeliest first."""
    await page.goto("/")
    await page.get_by_test_id("file-input").set_input_files(photo)
    await expect(page.get_by_role("heading", name="Validation de la prédiction")).to_be_visible()
    rows = page.get_by_role("table").get_by_role("rowheader")
    return [text.strip() for text in await rows.all_inner_texts()]


async def test_the_life_of_a_model(page: Page, tmp_path: Path) -> None:
    photo = tmp_path / "risotto.jpg"
    photo.write_bytes(dish("risotto", 999))
    await create_project(page, "Plats italiens")

    # Training says why it cannot be started.
    await page.get_by_role("link", name="Entraînement").click()
    await expect(page.get_by_role("button", name="Entraîner", exact=True)).to_be_disabled()
    await expect(page.get_by_text("Il faut au moins deux tags.")).to_be_visible()
    await page.get_by_role("link", name="Images", exact=True).click()

    # Two categories; their folders become their tags; a file that is no photo is refused.
    first = folder_of(tmp_path / "Train", "cannoli", "risotto")
    (first / "cannoli" / "notes.jpg").write_text("no photo")
    await upload(page, first, 2 * IMAGES_PER_TAG)
    await expect(page.get_by_role("complementary", name="Envoi d’images")).to_contain_text(
        "1 refusée"
    )
    await page.get_by_role("button", name="Fichiers").click()
    await expect(page.get_by_text("Ce n’est pas une photo lisible.")).to_be_visible()
    await (
        page.get_by_role("complementary", name="Envoi d’images")
        .get_by_role("button", name="Fermer")
        .click()
    )
    await expect(page.get_by_role("option")).to_have_count(2 * IMAGES_PER_TAG)
    await page.get_by_role("link", name=re.compile("^cannoli")).click()
    await expect(page.get_by_role("option")).to_have_count(IMAGES_PER_TAG)

    # Train, read the report, move the threshold, publish.
    await train(page)
    await page.get_by_role("link", name="Iteration 1").click()
    await expect(page.get_by_text("Première itération")).to_be_visible()
    slider = page.get_by_role("slider", name=re.compile("Seuil"))
    await page.get_by_role("button", name=re.compile("^85")).click()
    await expect(slider).to_have_value("0.85")
    await expect(page).to_have_url(re.compile(r"threshold=0\.85"))
    await page.reload()
    await expect(slider).to_have_value("0.85")
    await page.get_by_role("button", name=re.compile(r"^cannoli, prédit cannoli")).click()
    await expect(page.get_by_role("dialog").get_by_role("listitem").first).to_be_visible()
    await page.keyboard.press("Escape")
    await page.get_by_test_id("test-input").set_input_files(photo)
    await expect(page.locator("[data-test-answer]").get_by_role("row").nth(1)).to_contain_text(
        "risotto"
    )
    await page.get_by_role("button", name="Publier").click()
    await page.get_by_role("dialog").get_by_role("button", name="Publier").click()
    await expect(page.get_by_text("Publiée : default")).to_be_visible()

    # Home answers with it: its two tags, all rows, and which model it was.
    assert await predicted(page, photo) == ["risotto", "cannoli"]
    await expect(page.get_by_text("Modèle Plats italiens, Iteration 1")).to_be_visible()

    # Two more categories to the same project, trained again and compared.
    await page.goto("/#/projects")
    await page.get_by_role("link", name="Plats italiens").click()
    await upload(page, folder_of(tmp_path / "More", "pizza", "tiramisu"), 2 * IMAGES_PER_TAG)
    await train(page)
    await page.get_by_role("link", name="Iteration 2").click()
    await expect(page.get_by_text(re.compile("nouveaux tags.* pizza et tiramisu"))).to_be_visible()
    await page.get_by_role("button", name="Publier").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("nouveaux tags")
    await expect(
        dialog.get_by_role("checkbox", name=re.compile("Remplacer Iteration 1"))
    ).to_be_checked()
    await dialog.get_by_role("button", name="Publier").click()
    await expect(page.get_by_text("Publiée : default")).to_be_visible()
    assert sorted(await predicted(page, photo)) == ["cannoli", "pizza", "risotto", "tiramisu"]

    # Back to the first in one action.
    await page.go_back()
    await page.get_by_role("button", name="Revenir en arrière").click()
    dialog = page.get_by_role("dialog", name="Revenir à Iteration 1")
    await expect(dialog).to_contain_text("Iteration 2 est retirée, et Iteration 1 reprend")
    await dialog.get_by_role("button", name="Revenir en arrière").click()
    await expect(page.get_by_role("heading", name="Iteration 1", exact=True)).to_be_visible()
    await expect(page.get_by_text("Publiée : default")).to_be_visible()
    assert sorted(await predicted(page, photo)) == ["cannoli", "risotto"]

    # The model is taken away as a file.
    await page.go_back()
    await page.get_by_role("button", name="Plus", exact=True).click()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Exporter en ONNX").click()
    with zipfile.ZipFile(await (await download.value).path()) as archive:
        assert "model.onnx" in archive.namelist()
        assert set(archive.read("labels.txt").decode().split()) == {"cannoli", "risotto"}

    # A project that answers is not deleted by mistake; withdrawn, the built-in model answers.
    await page.goto("/#/projects")
    await page.get_by_role("link", name="Plats italiens").click()
    await page.get_by_role("link", name="Réglages").click()
    await expect(page.get_by_role("button", name="Supprimer le projet")).to_be_disabled()
    await expect(
        page.get_by_text("Dépubliez-la d’abord, puis supprimez le projet.")
    ).to_be_visible()
    await page.get_by_role("link", name="Entraînement").click()
    await page.get_by_role("link", name="Iteration 1").click()
    await page.get_by_role("button", name="Plus", exact=True).click()
    await page.get_by_role("button", name="Dépublier").click()
    await page.get_by_role("dialog").get_by_role("button", name="Dépublier").click()
    await expect(page.get_by_text("Iteration 1 n’est plus publiée.")).to_be_visible()
    await page.goto("/#/projects")
    builtin = page.get_by_role("listitem").filter(has_text="ImageNet")
    await expect(builtin).to_contain_text("Répond aux prédictions")


def trained(server: Server, name: str) -> str:
    """Where the API keeps the first iteration of a new project."""
    admin = server.admin
    project = f"/projects/{admin.post('/projects', json={'name': name}).json()['id']}"
    for tag in ("cannoli", "risotto"):
        admin.post(f"{project}/tags", json={"name": tag}).raise_for_status()
        files = [("images", (f"{seed}.jpg", dish(tag, seed))) for seed in range(IMAGES_PER_TAG)]
        admin.post(f"{project}/images", files=files, data={"tags": [tag]}).raise_for_status()
    iteration = f"{project}/iterations/{admin.post(f'{project}/train').json()['id']}"
    deadline = time.monotonic() + 120
    while admin.get(iteration).json()["status"] != "completed":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return iteration


async def test_publishing_asks_which_project_answers_the_home_page(
    server: Server, page: Page
) -> None:
    admin = server.admin
    first, second = trained(server, "Premier"), trained(server, "Second")
    publication = {"name": "default", "make_default": True}
    admin.post(f"{first}/publish", json=publication).raise_for_status()
    await page.goto(f"/#{second}")
    publish = page.get_by_role("button", name="Publier")
    await publish.click()
    dialog = page.get_by_role("dialog")
    choice = dialog.get_by_role("checkbox", name=re.compile("page d’accueil"))
    await expect(choice).not_to_be_checked()
    await expect(dialog).to_contain_text("Aujourd’hui, c’est Premier qui répond.")
    await choice.check()
    await dialog.get_by_role("button", name="Publier").click()
    await expect(page.get_by_text("Publiée : default")).to_be_visible()
    assert admin.get("/projects/Second").json()["is_default"]

    # What another admin published meanwhile is said, not asked for again.
    admin.post(f"{second}/unpublish").raise_for_status()
    await page.reload()
    await expect(publish).to_be_visible()
    admin.post(f"{second}/publish", json={"name": "menu"}).raise_for_status()
    await publish.click()
    await expect(page.get_by_text("Publiée : menu")).to_be_visible()
    await expect(dialog).to_be_hidden()
    for iteration in (first, second):
        admin.post(f"{iteration}/unpublish").raise_for_status()


async def test_images_are_selected_tagged_and_deleted_by_keyboard(
    page: Page, tmp_path: Path
) -> None:
    await create_project(page, "Clavier")
    await upload(page, folder_of(tmp_path / "Train", "pizza"), IMAGES_PER_TAG)
    grid = page.get_by_role("listbox", name="Images")
    await expect(page.get_by_role("option")).to_have_count(IMAGES_PER_TAG)
    await grid.focus()
    for key in ("ArrowRight", "ArrowRight", " ", "Shift+ArrowRight", "Shift+ArrowRight"):
        await page.keyboard.press(key)
    await expect(page.get_by_role("option", selected=True)).to_have_count(3)
    bar = page.get_by_role("region", name="Sélection")
    await expect(bar).to_contain_text("3 sélectionnées")
    await bar.get_by_role("button", name="Donner un tag").click()
    await page.get_by_role("combobox", name="Tag").fill("calzone")
    await page.get_by_role("button", name="Donner le tag").click()
    await expect(page.get_by_role("link", name=re.compile("^calzone 3"))).to_be_visible()
    await grid.focus()
    await page.keyboard.press("Control+a")
    await expect(page.get_by_role("option", selected=True)).to_have_count(IMAGES_PER_TAG)
    await page.keyboard.press("Escape")
    await expect(bar).to_be_hidden()

    # One tag alone, by its address; back leads to all of them.
    await page.get_by_role("link", name=re.compile("^calzone")).click()
    await expect(page.get_by_role("option")).to_have_count(3)
    await page.get_by_role("option").first.click()
    await page.get_by_role("option").nth(2).click(modifiers=["Shift"])
    await expect(page.get_by_role("option", selected=True)).to_have_count(3)
    await grid.press("Delete")
    await page.get_by_role("dialog").get_by_role("button", name="Supprimer").click()
    await expect(page.get_by_text("3 images supprimées.")).to_be_visible()
    await expect(page.get_by_role("heading", name="Aucune image ici")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_role("option")).to_have_count(IMAGES_PER_TAG - 3)


async def test_images_come_by_pages_while_scrolling(server: Server, page: Page) -> None:
    project = server.admin.post("/projects", json={"name": "Pages"}).json()["id"]
    for start in (0, 64, 128):
        files = [("images", (f"{n}.jpg", dish("pizza", n))) for n in range(start, start + 64)]
        server.admin.post(f"/projects/{project}/images", files=files).raise_for_status()
    await page.goto(f"/#/projects/{project}?untagged=true")
    await expect(page.get_by_role("option")).to_have_count(60)
    await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    await expect(page.get_by_role("option")).to_have_count(120)

    # Where a page cannot be loaded, the button stays for another try.
    await page.route("**/images?*cursor=*", lambda route: route.fulfill(status=503))
    await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    await expect(
        page.get_by_text("Le service ne peut pas répondre pour l’instant.")
    ).to_be_visible()
    await page.unroute("**/images?*cursor=*")
    await page.get_by_role("button", name="Afficher plus").click()
    await expect(page.get_by_role("option")).to_have_count(180)
    await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    await expect(page.get_by_role("option")).to_have_count(192)
    await expect(page.get_by_role("button", name="Afficher plus")).to_be_hidden()


DROP = """files => {
    const data = new DataTransfer();
    for (const [name, bytes] of files)
        data.items.add(new File([new Uint8Array(bytes)], name, {type: 'image/jpeg'}));
    const init = {bubbles: true, cancelable: true, dataTransfer: data};
    document.body.dispatchEvent(new DragEvent('dragover', init));
    const veil = document.querySelector('[data-drop]').textContent.trim();
    document.body.dispatchEvent(new DragEvent('drop', init));
    return veil;
}"""


async def test_photos_dropped_on_a_tag_have_it(page: Page) -> None:
    await create_project(page, "Glisser")
    await page.get_by_role("button", name="Nouveau tag").click()
    await page.get_by_label("Nom du tag").fill("tiramisu")
    await page.get_by_role("button", name="Créer", exact=True).click()
    await expect(page.get_by_role("heading", name="tiramisu")).to_be_visible()
    files = [(f"{seed}.jpg", list(dish("tiramisu", seed))) for seed in range(3)]
    assert "tiramisu" in await page.evaluate(DROP, files)
    await expect(page.get_by_role("link", name=re.compile("^tiramisu 3"))).to_be_visible()
    await expect(page.get_by_role("option", name=re.compile("tiramisu$"))).to_have_count(3)

    # The same photos again are told apart from new ones.
    assert await page.evaluate(DROP, files)
    panel = page.get_by_role("complementary", name="Envoi d’images")
    await expect(panel).to_contain_text("3 déjà là")

    # Renamed, then deleted: its images stay.
    await page.get_by_role("button", name="Renommer tiramisu").click()
    await page.get_by_label("Nom du tag").fill("tiramisù")
    await page.get_by_role("button", name="Enregistrer").click()
    await expect(page.get_by_role("option", name=re.compile("tiramisù$"))).to_have_count(3)
    await page.get_by_role("button", name="Supprimer le tag tiramisù").click()
    await page.get_by_role("dialog").get_by_role("button", name="Supprimer").click()
    await expect(page.get_by_role("link", name=re.compile("^Sans tag 3"))).to_be_visible()


async def test_training_survives_a_reload_and_is_cancelled(
    server: Server, page: Page, tmp_path: Path
) -> None:
    project = server.admin.post("/projects", json={"name": "Annuler"}).json()["id"]
    for tag in ("cannoli", "risotto", "pizza", "tiramisu"):
        server.admin.post(f"/projects/{project}/tags", json={"name": tag})
        files = [("images", (f"{seed}.jpg", dish(tag, seed))) for seed in range(60)]
        server.admin.post(f"/projects/{project}/images", files=files, data={"tags": [tag]})
    await page.goto(f"/#/projects/{project}/training")
    await page.get_by_role("button", name="Entraîner", exact=True).click()
    progress = page.get_by_role("progressbar", name=re.compile("Iteration 1 s’entraîne"))
    await expect(progress).to_be_visible()
    await page.reload()
    await expect(progress).to_be_visible()
    await page.get_by_role("button", name="Annuler").click()
    await expect(page.get_by_text("L’entraînement de « Iteration 1 » est annulé.")).to_be_visible()
    await expect(page.get_by_role("listitem").filter(has_text="Iteration 1")).to_contain_text(
        "annulée"
    )
    await expect(page.get_by_role("button", name="Entraîner", exact=True)).to_be_enabled()


async def test_upload_goes_on_while_the_admin_looks_elsewhere(page: Page, tmp_path: Path) -> None:
    await create_project(page, "Envoi")
    folder = folder_of(tmp_path / "Train", "cannoli", "risotto", "pizza", "tiramisu")
    await page.get_by_test_id("folder-input").set_input_files(folder)
    await page.get_by_role("link", name="Réglages").click()
    await expect(page.get_by_role("heading", name="Nom et description")).to_be_visible()
    panel = page.get_by_role("complementary", name="Envoi d’images")
    await expect(panel).to_contain_text(f"{4 * IMAGES_PER_TAG} ajoutées", timeout=60_000)
    await page.get_by_role("link", name="Images", exact=True).click()
    await expect(
        page.get_by_role("link", name=re.compile(f"^tiramisu {IMAGES_PER_TAG}"))
    ).to_be_visible()


async def test_wrong_predictions_go_to_the_training_set(server: Server, page: Page) -> None:
    await create_project(page, "Corrections")
    server.delete_all_wrong()
    for seed, tag in ((1, "cannoli"), (2, "cannoli"), (3, None)):
        server.make_wrong(correct_tag=tag, seed=seed)
    await page.goto("/#/wrong-predictions")
    boxes = page.get_by_role("checkbox", name=re.compile("Sélectionner la prédiction"))
    await expect(boxes).to_have_count(3)
    for index in range(3):
        await boxes.nth(index).check()
    await page.get_by_role("button", name="Ajouter à l’entraînement").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("1 autre n’a pas de tag correct et reste ici.")
    await dialog.get_by_label("Projet").select_option("Corrections")
    await dialog.get_by_role("button", name="Ajouter", exact=True).click()
    await expect(page.get_by_text("2 photos ajoutées à l’entraînement.")).to_be_visible()
    await expect(boxes).to_have_count(1)
    tags = server.admin.get("/projects/Corrections/tags").json()["items"]
    assert [(tag["name"], tag["image_count"]) for tag in tags] == [("cannoli", 2)]


async def test_api_key_is_shown_once_works_and_is_revoked(server: Server, page: Page) -> None:
    await page.goto("/#/keys")
    await page.get_by_role("button", name="Créer une clé").click()
    await page.get_by_label("Nom").fill("caisse")
    await page.get_by_role("button", name="Créer", exact=True).click()
    key = await page.get_by_label("Clé d’API", exact=True).input_value()
    headers = {"Authorization": f"Bearer {key}"}
    assert server.admin.get("/tags", headers=headers).status_code == 200
    await page.get_by_role("button", name="Terminé").click()
    await expect(
        page.get_by_text("jamais utilisée").or_(page.get_by_text("utilisée le"))
    ).to_be_visible()
    await page.get_by_role("button", name="Révoquer caisse").click()
    await page.get_by_role("dialog").get_by_role("button", name="Révoquer").click()
    await expect(page.get_by_role("heading", name="Aucune clé")).to_be_visible()
    # Every process reads a key anew twice a second.
    await page.wait_for_timeout(700)
    assert server.admin.get("/tags", headers=headers).status_code == 401
