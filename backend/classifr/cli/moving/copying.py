"""The images of a project on their way from a Custom Vision server into one of ours.

Each goes in under the name of its id over there, which is how a second run knows what is done.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from classifr.cli.client.api import ApiClient, Json
from classifr.cli.datasets.uploading import OK_STATUSES
from classifr.cli.moving.source import Source
from classifr.cli.moving.values import AddressExpired, ImageLost, SourceImage, SourceProject
from classifr.cli.progress import Bar, bar
from classifr.concurrency import for_each
from classifr.vision.values import ImageStatus

_BATCH = 32
_BATCHES_AT_ONCE = 2
_DOWNLOADS_AT_ONCE = 6
_ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "image/bmp": ".bmp", "image/gif": ".gif"}


@dataclass(frozen=True)
class Refused:
    """An image that did not come along. status: in Custom Vision's words."""

    id: str
    status: str
    detail: str


@dataclass
class Copied:
    """What became of the images."""

    added: int = 0
    already: int = 0  #: There since an earlier run.
    duplicates: int = 0  #: The same file under two ids over there; it is here once.
    retagged: int = 0
    refused: list[Refused] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  #: Ids that should be here, and are not.

    @property
    def is_complete(self) -> bool:
        """Whether everything came along."""
        return not self.refused and not self.missing


@dataclass(frozen=True)
class _Stored:
    """An image of ours."""

    id: str
    tag_ids: frozenset[str]


class Copier:
    """Copies images; running it again adds only what is missing."""

    def __init__(
        self,
        source: Source,
        project: SourceProject,
        client: ApiClient,
        target: Json,
        tag_ids: Mapping[str, str],
        *,
        report: Callable[[Refused], None],
    ) -> None:
        """tag_ids: ours by theirs; report: hears of each image that does not come along."""
        self._source = source
        self._project = project
        self._client = client
        self._path = f"/projects/{target['id']}"
        self._target_id = target["id"]
        self._tag_ids = tag_ids
        self._report = report
        self._twins: dict[str, str] = {}
        self._outcome = Copied()

    async def copy(self, images: Sequence[SourceImage]) -> Copied:
        """Bring them here with their tags, then check that each one is here."""
        stored = await self._stored()
        await self._retag(images, stored)
        missing = [image for image in images if image.id not in stored]
        self._outcome.already = len(images) - len(missing)
        with bar("Copying", len(missing)) as copying:
            await for_each(
                _batches(missing),
                lambda batch: self._copy_batch(batch, copying),
                at_once=_BATCHES_AT_ONCE,
            )
        await self._verify(images)
        return self._outcome

    async def _stored(self) -> dict[str, _Stored]:
        """Our images by the id they had over there."""
        return {
            image["name"].partition(".")[0]: _Stored(
                image["id"], frozenset(tag["id"] for tag in image["tags"])
            )
            async for image in self._client.images(self._target_id)
        }

    async def _retag(self, images: Sequence[SourceImage], stored: Mapping[str, _Stored]) -> None:
        """Give those that are here the tags they got over there since."""
        lacking: dict[str, list[str]] = defaultdict(list)
        for image in images:
            if (known := stored.get(image.id)) is not None:
                for tag_id in self._ours(image) - known.tag_ids:
                    lacking[tag_id].append(known.id)
        for tag_id, ids in lacking.items():
            await self._client.add_tag(self._target_id, tag_id, ids)
        self._outcome.retagged = len({one for ids in lacking.values() for one in ids})

    async def _copy_batch(self, batch: Sequence[SourceImage], copying: Bar) -> None:
        files: dict[str, tuple[str, bytes]] = {}

        async def fetch(image: SourceImage) -> None:
            try:
                data, media_type = await self._download(image)
            except ImageLost as error:
                self._refuse(Refused(image.id, ImageStatus.SOURCE, str(error)))
            else:
                files[image.id] = (image.id + _ENDINGS.get(media_type, ""), data)

        await for_each(batch, fetch, at_once=_DOWNLOADS_AT_ONCE)
        if files:
            await self._send(files, batch[0])
        copying.advance(len(batch))

    async def _download(self, image: SourceImage) -> tuple[bytes, str]:
        try:
            return await self._source.download(image.address)
        except AddressExpired:
            fresh = (await self._source.fresh(self._project, [image.id])).get(image.id)
        if fresh is None:
            raise ImageLost("it was deleted over there meanwhile")
        try:
            return await self._source.download(fresh.address)
        except AddressExpired:
            raise ImageLost("its address opens nothing") from None

    async def _send(self, files: Mapping[str, tuple[str, bytes]], like: SourceImage) -> None:
        """like: one of them; the others have the same tags and metadata."""
        data: Json = {"tags": sorted(self._ours(like))}
        if like.metadata:
            data["metadata"] = json.dumps(like.metadata)
        answer = await self._client.send_files(
            f"{self._path}/images", [("images", file) for file in files.values()], data=data
        )
        for image_id, item in zip(files, answer["items"], strict=True):
            if item["status"] not in OK_STATUSES:
                self._refuse(Refused(image_id, item["status"], item["detail"] or ""))
            elif item["image"]["name"].partition(".")[0] == image_id:
                self._outcome.added += 1
            else:
                self._twins[image_id] = item["image"]["id"]
                self._outcome.duplicates += 1

    async def _verify(self, images: Sequence[SourceImage]) -> None:
        """Look whether each image is here with its tags, whatever the answers said."""
        stored = await self._stored()
        by_id = {image.id: image for image in stored.values()}
        refused = {one.id for one in self._outcome.refused}
        for image in images:
            here = stored.get(image.id) or by_id.get(self._twins.get(image.id, ""))
            is_here = here is not None and self._ours(image) <= here.tag_ids
            if not is_here and image.id not in refused:
                self._outcome.missing.append(image.id)

    def _refuse(self, refused: Refused) -> None:
        self._outcome.refused.append(refused)
        self._report(refused)

    def _ours(self, image: SourceImage) -> frozenset[str]:
        return frozenset(self._tag_ids[tag_id] for tag_id in image.tag_ids)


def _batches(images: Sequence[SourceImage]) -> Iterator[list[SourceImage]]:
    """Those of the same tags and metadata together, so many at a time."""
    alike: dict[tuple[object, ...], list[SourceImage]] = defaultdict(list)
    for image in images:
        alike[image.tag_ids, tuple(sorted(image.metadata.items()))].append(image)
    for group in alike.values():
        for start in range(0, len(group), _BATCH):
            yield group[start : start + _BATCH]
