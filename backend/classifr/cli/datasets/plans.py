"""What has to be sent so that a project holds a labelled data set."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from classifr.cli.datasets.labelled import LabelledImage


@dataclass(frozen=True)
class StoredImage:
    """An image that the project holds already."""

    id: str
    tags: frozenset[str]


@dataclass(frozen=True)
class Contradiction:
    """The same image under two tags, of which it can have one. The first one counts."""

    kept: LabelledImage
    dropped: LabelledImage


@dataclass
class Plan:
    """What to send. Each file is named once."""

    new: dict[tuple[str, ...], list[Path]] = field(default_factory=dict)  #: Files by their tags.
    retagged: dict[str, list[str]] = field(
        default_factory=dict
    )  #: Ids of images by a tag they lack.
    unchanged: int = 0
    contradictions: list[Contradiction] = field(default_factory=list)
    unreadable: dict[Path, str] = field(default_factory=dict)  #: And why.

    @property
    def new_count(self) -> int:
        """How many files are new to the project."""
        return sum(len(paths) for paths in self.new.values())

    @property
    def retagged_count(self) -> int:
        """How many images get a tag they had not."""
        return len({image for images in self.retagged.values() for image in images})


def make_plan(
    images: Sequence[LabelledImage],
    hashes: Mapping[Path, str],
    stored: Mapping[str, StoredImage],
    *,
    is_multilabel: bool,
) -> Plan:
    """hashes: SHA-256 of each file that can be read; stored: the project's images by theirs."""
    plan = Plan()
    by_hash: dict[str, list[LabelledImage]] = defaultdict(list)
    for image in images:
        if image.path in hashes:
            by_hash[hashes[image.path]].append(image)
    new: dict[tuple[str, ...], list[Path]] = defaultdict(list)
    retagged: dict[str, list[str]] = defaultdict(list)
    for sha256, same in by_hash.items():
        tags = _tags_of(same, plan, is_multilabel=is_multilabel)
        if (known := stored.get(sha256)) is None:
            new[tags].append(same[0].path)
        elif lacking := [tag for tag in tags if tag not in known.tags]:
            for tag in lacking:
                retagged[tag].append(known.id)
        else:
            plan.unchanged += 1
    plan.new, plan.retagged = dict(new), dict(retagged)
    return plan


def _tags_of(same: Sequence[LabelledImage], plan: Plan, *, is_multilabel: bool) -> tuple[str, ...]:
    """The tags of one image that lies in several places, perhaps."""
    if is_multilabel:
        return tuple(dict.fromkeys(tag for image in same for tag in image.tags))
    tagged = [image for image in same if image.tags]
    if not tagged:
        return ()
    first, *others = tagged
    plan.contradictions += [
        Contradiction(first, other) for other in others if other.tags != first.tags
    ]
    return first.tags
