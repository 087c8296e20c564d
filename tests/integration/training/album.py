"""The images of the user's script: drawn ones, and their own where these are there."""

from pathlib import Path

from tests.albums import dish

ITALIAN = Path(__file__).parents[4] / "shared" / "data" / "italian64"
DISHES = ("cannoli", "risotto", "pizza", "tiramisu")
IMAGES = 40  #: Of each tag; two batches for two tags and an upload that was refused.


def draw_album(root: Path) -> None:
    """The user's folders: Train and Test, a folder for each dish, images with counters."""
    for kind, name in enumerate(DISHES):
        for part, start, count in (("Train", 0, IMAGES), ("Test", 500, 5)):
            (root / part / name).mkdir(parents=True)
            for number in range(count):
                (root / part / name / f"{number:02}.png").write_bytes(dish(kind, start + number))
    (root / "Train" / "pizza" / "broken.jpg").write_bytes(dish(2, 0)[:200])
