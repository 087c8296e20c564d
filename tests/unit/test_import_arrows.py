"""Import arrows point one way: features reach the ports, and each other only by `service`."""

from collections.abc import Iterator

import grimp
import pytest

FEATURES = ("accounts", "predictions", "feedback", "training", "monitoring", "customvision")
FOUNDATION = ("settings", "errors", "resources", "kinds", "concurrency", "disk")
PORTS = ("vision", "storage", "jobs", "database")

#: What each room may import beside itself. `state` opens the resources,
#: and `dependencies` hands them to endpoints.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "concurrency": (),
    "disk": ("errors",),
    "errors": (),
    "kinds": (),
    "resources": (),
    "settings": ("resources",),
    "engine": (),
    "storage": ("settings", "errors", "concurrency", "disk"),
    "fetching": ("settings", "errors", "kinds"),
    "database": FOUNDATION,
    "jobs": ("database", *FOUNDATION),
    "vision.azure": (
        *("settings", "errors", "kinds", "concurrency", "engine", "database.session"),
        *("vision.port", "vision.values", "vision.reports", "vision.judging"),
        *("vision.images", "vision.refusals", "vision.classification"),
    ),
    "vision.judging": ("engine", "errors", "kinds", "vision.values", "vision.reports"),
    "vision": ("engine", "database", "storage", "jobs", *FOUNDATION),
    "logs": FOUNDATION,
    "openapi": FOUNDATION,
    "paging": FOUNDATION,
    "forms": FOUNDATION,
    "routing": (),
    "state": ("accounts", "fetching", *PORTS, *FOUNDATION),
    "dependencies": ("state", *PORTS, *FOUNDATION),
    **{
        feature: (
            *PORTS,
            *FOUNDATION,
            "dependencies",
            "state",
            "paging",
            "forms",
            "routing",
            "openapi",
            "accounts.dependencies",
            *(f"{other}.service" for other in FEATURES if other != feature),
        )
        for feature in FEATURES
    },
}
# Trying an image on an iteration answers what a prediction answers.
MAY_IMPORT["training"] += ("predictions.answers", "predictions.schemas")
# A whole application: it wraps its requests, and fetches images that clients name.
MAY_IMPORT["customvision"] += (
    *("middleware", "fetching"),
    *("predictions.stored", "training.images.service"),
)

#: The rooms that put the others together.
MAY_IMPORT_ALL = ("app", "upkeep", "api", "cli", "__main__", "error_handlers", "middleware", "page")


@pytest.fixture(scope="module")
def imports() -> list[tuple[str, str]]:
    """Every import of one of our modules by another, names without `classifr.`."""
    graph = grimp.build_graph("classifr", cache_dir=None)
    return sorted(
        (importer.removeprefix("classifr."), imported.removeprefix("classifr."))
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
        if imported != "classifr"
    )


def room_of(module: str) -> str | None:
    """The rule a module is under: the longest name in MAY_IMPORT that it lies in."""
    rooms = [room for room in MAY_IMPORT if is_within(module, room)]
    return max(rooms, key=len, default=None)


def is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def wrong_arrows(imports: list[tuple[str, str]]) -> Iterator[str]:
    for importer, imported in imports:
        room = room_of(importer)
        if room is None:
            continue
        allowed = (room, *MAY_IMPORT[room])
        if not any(is_within(imported, package) for package in allowed):
            yield f"{importer} imports {imported}; {room} may import {', '.join(allowed)}"


def test_arrows_point_one_way(imports: list[tuple[str, str]]) -> None:
    assert list(wrong_arrows(imports)) == []


@pytest.mark.parametrize("entrance", ["app", "api", "cli"])
def test_nobody_imports_an_entrance(imports: list[tuple[str, str]], entrance: str) -> None:
    # Commands that work without a server open the application in their own process.
    inside = {
        "app": ("app", "cli.client.local"),
        "api": ("app", "api"),
        "cli": ("cli", "__main__"),
    }[entrance]
    importers = {
        importer
        for importer, imported in imports
        if is_within(imported, entrance) and not any(is_within(importer, name) for name in inside)
    }
    assert importers == set()


def test_every_package_has_a_rule(imports: list[tuple[str, str]]) -> None:
    """A new room must be drawn in MAY_IMPORT before anything is put in it."""
    roots = {importer.split(".")[0] for importer, _ in imports}
    assert {root for root in roots if room_of(root) is None} - set(MAY_IMPORT_ALL) == set()


def test_wrong_arrow_is_seen() -> None:
    assert list(wrong_arrows([("engine.head", "settings")]))
    assert list(wrong_arrows([("feedback.service", "predictions.repository")]))
    assert list(wrong_arrows([("vision.azure", "vision.local")]))
    assert not list(wrong_arrows([("feedback.service", "predictions.service")]))
    assert not list(wrong_arrows([("feedback.endpoints", "accounts.dependencies")]))
