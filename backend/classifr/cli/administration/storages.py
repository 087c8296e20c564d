"""`classifr storage copy`: the images of one storage in the other as well."""

import asyncio
from collections import Counter

from classifr.cli.failures import FAILED, AskedWrongly
from classifr.cli.progress import bar
from classifr.cli.setup import quiet_settings
from classifr.cli.terminal import busy, remark
from classifr.concurrency import for_each
from classifr.settings import Settings, StorageKind
from classifr.storage.copying import Copying, Outcome
from classifr.storage.opening import open_storage, place_of_images
from classifr.storage.port import StoredObject

AT_ONCE = 8
_OTHER = {StorageKind.LOCAL: StorageKind.AZURE, StorageKind.AZURE: StorageKind.LOCAL}


def copy(to: StorageKind, *, delete: bool, verbose: bool) -> int:
    """Bring everything over that is not there; the exit code."""
    settings = quiet_settings(verbose=verbose)
    if delete and settings.storage is not to:
        raise AskedWrongly(
            f"CLASSIFR_STORAGE is still {settings.storage}: servers would lose their images.",
            hint=f"Copy without --delete, set CLASSIFR_STORAGE={to}, restart the servers, "
            "then run this again.",
        )
    outcomes = asyncio.run(_copy(settings, to, delete=delete))
    _tell(outcomes, place=place_of_images(settings, to), deleted=delete)
    return FAILED if outcomes[Outcome.DAMAGED] else 0


async def _copy(settings: Settings, to: StorageKind, *, delete: bool) -> Counter[Outcome]:
    outcomes: Counter[Outcome] = Counter()
    async with (
        open_storage(settings, _OTHER[to]) as source,
        open_storage(settings, to) as target,
    ):
        copying = Copying(source, target)
        with busy("Comparing the storages"):
            plan = await copying.plan()
        with bar("Copying", len(plan)) as progress:

            async def bring(entry: tuple[StoredObject, StoredObject | None]) -> None:
                outcomes[await copying.copy(*entry, is_move=delete)] += 1
                progress.advance()

            await for_each(plan, bring, at_once=AT_ONCE)
    return outcomes


def _tell(outcomes: Counter[Outcome], *, place: str, deleted: bool) -> None:
    remark(
        f"Copied to {place}: {outcomes[Outcome.COPIED]:,} files. "
        f"There already: {outcomes[Outcome.THERE]:,}."
    )
    if deleted:
        remark("All of these are deleted where they came from.")
    if gone := outcomes[Outcome.GONE]:
        remark(f"Deleted by a server meanwhile: {gone:,}.")
    if newer := outcomes[Outcome.NEWER]:
        remark(f"Newer there, and left as they are in both places: {newer:,}.")
    if damaged := outcomes[Outcome.DAMAGED]:
        remark(f"Not read back as they were written: {damaged:,}. Run it again.")
