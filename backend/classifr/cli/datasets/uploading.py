"""A labelled data set on its way into a project."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from classifr.cli.client.api import ApiClient, Json
from classifr.cli.client.failures import ApiError
from classifr.cli.client.finding import has_several_tags, list_tags
from classifr.cli.datasets.batches import batches
from classifr.cli.datasets.hashes import hash_files
from classifr.cli.datasets.labelled import LabelledImage, LabelledImages
from classifr.cli.datasets.plans import Contradiction, Plan, StoredImage, make_plan
from classifr.cli.progress import Bar, bar
from classifr.concurrency import for_each
from classifr.vision.values import ImageStatus

OK_STATUSES = frozenset({ImageStatus.OK, ImageStatus.DUPLICATE})

#: Larger files are not read at all: no server takes them.
_LARGEST_FILE_BYTES = 256 * 1024 * 1024
_AT_ONCE = 2


@dataclass(frozen=True)
class Refused:
    """A file that did not go in. status: in Custom Vision's words."""

    path: Path
    status: str
    detail: str


@dataclass
class Uploaded:
    """What became of a data set."""

    added: int = 0  #: Images that are new to the project.
    added_by_tag: Counter[str] = field(default_factory=Counter)
    retagged: int = 0
    unchanged: int = 0
    refused: list[Refused] = field(default_factory=list)
    contradictions: list[Contradiction] = field(default_factory=list)


async def upload(
    client: ApiClient,
    project: Json,
    dataset: LabelledImages,
    *,
    report: Callable[[Refused], None],
    with_untagged: bool = False,
) -> Uploaded:
    """Send what the project lacks, and tag anew what it has under other tags.

    report: hears of each file that is refused, as soon as it is known. Raises: ApiError, if a whole
    batch fails.
    """
    images = [*dataset.images]
    if with_untagged:
        images += [LabelledImage(path, ()) for path in dataset.untagged]
    plan = await _plan(client, project, images)
    sender = _Sender(client, project, report)
    for path, reason in plan.unreadable.items():
        sender.refuse(path, ImageStatus.SOURCE, f"It cannot be read: {reason}.")
    sender.outcome.unchanged = plan.unchanged
    sender.outcome.contradictions = plan.contradictions
    await sender.make_tags([*dataset.tags])
    await sender.retag(plan)
    await sender.send(plan)
    return sender.outcome


async def _plan(client: ApiClient, project: Json, images: Sequence[LabelledImage]) -> Plan:
    stored = {
        image["sha256"]: StoredImage(image["id"], frozenset(tag["name"] for tag in image["tags"]))
        async for image in client.images(project["id"])
    }
    paths = list(dict.fromkeys(image.path for image in images))
    with bar("Reading", len(paths)) as reading:
        hashes, unreadable = await asyncio.to_thread(hash_files, paths, reading.advance)
    plan = make_plan(images, hashes, stored, is_multilabel=has_several_tags(project))
    plan.unreadable = unreadable
    return plan


class _Sender:
    """Sends batches, and counts what becomes of them."""

    def __init__(self, client: ApiClient, project: Json, report: Callable[[Refused], None]) -> None:
        self._client = client
        self._path = f"/projects/{project['id']}"
        self._project = project
        self._report = report
        self._tag_ids: dict[str, str] = {}
        self.outcome = Uploaded()

    def refuse(self, path: Path, status: str, detail: str) -> None:
        """Count and report a file that does not go in."""
        refused = Refused(path, status, detail)
        self.outcome.refused.append(refused)
        self._report(refused)

    async def make_tags(self, names: Sequence[str]) -> None:
        """Create the tags that the project lacks."""
        known = {tag["name"]: tag["id"] for tag in await list_tags(self._client, self._project)}
        for name in names:
            if name not in known:
                known[name] = (await self._client.post(f"{self._path}/tags", {"name": name}))["id"]
        self._tag_ids = known

    async def retag(self, plan: Plan) -> None:
        """Tag images that are there already, without sending them again."""
        for tag, ids in plan.retagged.items():
            await self._client.add_tag(self._project["id"], self._tag_ids[tag], ids)
        self.outcome.retagged = plan.retagged_count

    async def send(self, plan: Plan) -> None:
        """Send the new files; two batches are on their way at a time."""
        waiting = ((tags, batch) for tags, paths in plan.new.items() for batch in batches(paths))
        with bar("Uploading", plan.new_count) as sending:
            await for_each(waiting, lambda one: self._send_batch(*one, sending), at_once=_AT_ONCE)

    async def _send_batch(self, tags: tuple[str, ...], paths: list[Path], sending: Bar) -> None:
        files = []
        for path in paths:
            try:
                data = await asyncio.to_thread(_read, path)
            except OSError as error:
                self.refuse(
                    path, ImageStatus.SOURCE, f"It cannot be read: {error.strerror or error}."
                )
                sending.advance()
            else:
                files.append((path, data))
        if files:
            await self._send_files(tags, files, sending)

    async def _send_files(
        self, tags: tuple[str, ...], files: list[tuple[Path, bytes]], sending: Bar
    ) -> None:
        try:
            answer = await self._client.send_files(
                f"{self._path}/images",
                [("images", (_sent_name(path), data)) for path, data in files],
                data={"tags": [self._tag_ids[tag] for tag in tags]},
            )
        except ApiError as error:
            if error.status != 413:
                raise
            await self._send_halves(tags, files, sending, error)
            return
        for (path, _), item in zip(files, answer["items"], strict=True):
            if item["status"] == ImageStatus.DUPLICATE:
                self.outcome.unchanged += 1
            elif item["status"] in OK_STATUSES:
                self.outcome.added += 1
                self.outcome.added_by_tag.update(tags or ("",))
            else:
                self.refuse(path, item["status"], item["detail"] or "")
        sending.advance(len(files))

    async def _send_halves(
        self,
        tags: tuple[str, ...],
        files: list[tuple[Path, bytes]],
        sending: Bar,
        error: ApiError,
    ) -> None:
        """The request was too large: the fault of one file, or of all together."""
        if len(files) == 1:
            self.refuse(files[0][0], ImageStatus.SIZE, str(error))
            sending.advance()
            return
        middle = len(files) // 2
        await self._send_files(tags, files[:middle], sending)
        await self._send_files(tags, files[middle:], sending)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LARGEST_FILE_BYTES)


def _sent_name(path: Path) -> str:
    # A name of the file system may hold bytes that are no text.
    return path.name.encode("utf-8", "replace").decode()
