"""What is wrong with a labelled data set, found before anything is sent."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from enum import StrEnum

from classifr.cli.datasets.hashes import sha256_of
from classifr.cli.datasets.labelled import LabelledImage, LabelledImages, test_images
from classifr.cli.wording import count
from classifr.errors import ClassifrError
from classifr.settings import Settings
from classifr.vision.images import check_decodes, training_file_limits
from classifr.vision.local.images.intake import Refusal, check_image
from classifr.vision.values import ImageStatus

SMALL_SIDE = 64  #: Shortest side below which little can be seen.
FEW_IMAGES = 50  #: Of a tag, below which a model is rarely good.
UNBALANCED = 4  #: Times that the largest tag may have the images of the smallest.
_THREADS = 4


class Level(StrEnum):
    """How bad a finding is."""

    ERROR = "error"  #: Something will be refused, or taught wrongly.
    WARNING = "warning"  #: It works, perhaps not well.


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    kind: str
    level: Level
    detail: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Seen:
    """A file that was looked at."""

    image: LabelledImage
    refusal: str | None  #: Why it would be refused.
    sha256: str | None
    shortest_side: int | None


def check_dataset(
    dataset: LabelledImages,
    settings: Settings,
    *,
    is_multilabel: bool,
    advance: Callable[[], None],
) -> list[Finding]:
    """Everything that is wrong, the worst first. advance: called after each image."""
    seen = []
    with ThreadPoolExecutor(_THREADS) as threads:
        for one in threads.map(lambda image: _look(image, settings), dataset.images):
            seen.append(one)
            advance()
    findings = [
        *_missing(dataset),
        *_refused(seen),
        *_same_images(seen, is_multilabel=is_multilabel),
        *_in_test(dataset, seen),
        *_counts(seen, settings),
        *_small(seen),
        *_untagged(dataset),
    ]
    return sorted(findings, key=lambda finding: finding.level != Level.ERROR)


def findings_json(dataset: LabelledImages, findings: Sequence[Finding]) -> dict[str, object]:
    """All of it for programs."""
    tags = Counter(tag for image in dataset.images for tag in image.tags)
    return {
        "image_count": len(dataset.images),
        "tags": dict(sorted(tags.items())),
        "findings": [asdict(finding) for finding in findings],
    }


def _look(image: LabelledImage, settings: Settings) -> _Seen:
    limits = training_file_limits(settings)
    try:
        with image.path.open("rb") as file:
            data = file.read(limits.max_bytes + 1)
        facts = check_image(data, settings.training, limits)
        if isinstance(facts, Refusal):
            return _Seen(image, f"{facts.status}: {facts.detail}", None, None)
        check_decodes(data, limits.max_pixels)
    except ClassifrError as error:
        return _Seen(image, f"{ImageStatus.FORMAT}: {error.detail}", None, None)
    except OSError as error:
        return _Seen(
            image, f"{ImageStatus.SOURCE}: It cannot be read: {error.strerror}.", None, None
        )
    sha256 = hashlib.sha256(data).hexdigest()
    return _Seen(image, None, sha256, min(facts.width, facts.height))


def _missing(dataset: LabelledImages) -> Iterator[Finding]:
    if dataset.missing:
        yield Finding(
            "missing",
            Level.ERROR,
            f"{count(len(dataset.missing), 'file')} of the CSV file not there.",
            tuple(map(str, dataset.missing)),
        )


def _refused(seen: Sequence[_Seen]) -> Iterator[Finding]:
    for one in seen:
        if one.refusal is not None:
            yield Finding("refused", Level.ERROR, one.refusal, (str(one.image.path),))


def _same_images(seen: Sequence[_Seen], *, is_multilabel: bool) -> Iterator[Finding]:
    by_hash: dict[str, list[LabelledImage]] = defaultdict(list)
    for one in seen:
        if one.sha256 is not None:
            by_hash[one.sha256].append(one.image)
    for same in by_hash.values():
        files = tuple(str(image.path) for image in same)
        tags = sorted({tag for image in same for tag in image.tags})
        if len(tags) > 1 and not is_multilabel:
            detail = f"The same image has {len(tags)} tags: {', '.join(tags)}."
            yield Finding("several_tags", Level.ERROR, detail, files)
        elif len(same) > 1:
            detail = f"The same image lies here {len(same)} times; it counts once."
            yield Finding("duplicate", Level.WARNING, detail, files)


def _in_test(dataset: LabelledImages, seen: Sequence[_Seen]) -> Iterator[Finding]:
    learned = {one.sha256 for one in seen}
    both = tuple(str(path) for path in test_images(dataset.root) if sha256_of(path) in learned)
    if both:
        detail = (
            f"{count(len(both), 'test image')} to be learned from as well: "
            "what is measured on them says nothing."
        )
        yield Finding("in_test", Level.WARNING, detail, both)


def _counts(seen: Sequence[_Seen], settings: Settings) -> Iterator[Finding]:
    """Whether each tag has enough images, once the unusable and the doubles are gone."""
    usable: dict[str, set[str]] = {tag: set() for one in seen for tag in one.image.tags}
    for one in seen:
        for tag in one.image.tags:
            if one.sha256 is not None:
                usable[tag].add(one.sha256)
    numbers = {tag: len(hashes) for tag, hashes in usable.items()}
    if len(numbers) < 2:
        yield Finding("too_few_tags", Level.ERROR, "A model needs two tags at least.")
    least = settings.training.min_images_per_tag
    for tag, number in sorted(numbers.items()):
        have = f"{tag} has {count(number, 'usable image')}"
        if number < least:
            yield Finding("too_few_images", Level.ERROR, f"{have}; it needs {least}.")
        elif number < FEW_IMAGES:
            yield Finding("few_images", Level.WARNING, f"{have}; {FEW_IMAGES} or more are better.")
    smallest, largest = min(numbers, key=numbers.__getitem__), max(numbers, key=numbers.__getitem__)
    if numbers[largest] > UNBALANCED * max(1, numbers[smallest]):
        detail = (
            f"{largest} has {numbers[largest]:,} images and {smallest} {numbers[smallest]:,}: "
            "the model will know the larger tag better."
        )
        yield Finding("unbalanced", Level.WARNING, detail)


def _small(seen: Sequence[_Seen]) -> Iterator[Finding]:
    small = tuple(
        str(one.image.path)
        for one in seen
        if one.shortest_side is not None and one.shortest_side < SMALL_SIDE
    )
    if small:
        detail = f"{count(len(small), 'image')} with a side under {SMALL_SIDE} pixels."
        yield Finding("too_small", Level.WARNING, detail, small)


def _untagged(dataset: LabelledImages) -> Iterator[Finding]:
    if dataset.untagged:
        detail = f"{count(len(dataset.untagged), 'image')} without a tag."
        yield Finding("untagged", Level.WARNING, detail, tuple(map(str, dataset.untagged)))
