"""A comparison in one plain English sentence."""

from collections.abc import Sequence

from classifr.engine.measures.comparison import Comparison, TagComparison, Verdict

_MOST_NAMED = 3


def comparison_sentence(comparison: Comparison) -> str:
    """Like "Better: +2 points (0.4 to 3.6) on 200 images; better on 3 of 4 tags, worse on ...".

    Points are of the share of images that are right; tags by the names they were compared under.
    """
    if comparison.images == 0:
        parts = ["No held-out image has tags that both models know"]
    else:
        parts = [_overall(comparison), _per_tag(comparison.per_tag)]
    if comparison.new_tags:
        parts.append(f"new: {_names(comparison.new_tags)}")
    if comparison.lost_tags:
        parts.append(f"no longer known: {_names(comparison.lost_tags)}")
    return "; ".join(part for part in parts if part) + "."


def _overall(comparison: Comparison) -> str:
    return (
        f"{str(comparison.verdict).capitalize()}: {_points(comparison.difference)} points "
        f"({_points(comparison.low)} to {_points(comparison.high)}) "
        f"on {_count(comparison.images, 'image')}"
    )


def _per_tag(per_tag: Sequence[TagComparison]) -> str:
    better = sum(tag.verdict is Verdict.BETTER for tag in per_tag)
    worse = sorted(
        (tag for tag in per_tag if tag.verdict is Verdict.WORSE), key=lambda tag: tag.difference
    )
    text = f"better on {better} of {_count(len(per_tag), 'tag')}"
    if not worse:
        return f"{text}, worse on none"
    named = ", ".join(
        f"{tag.tag} ({_points(tag.difference)} points, "
        f"{tag.lost - tag.gained} of {_count(tag.images, 'image')})"
        for tag in worse[:_MOST_NAMED]
    )
    return f"{text}, worse on {named}{_rest(len(worse))}"


def _names(tags: Sequence[str]) -> str:
    return ", ".join(tags[:_MOST_NAMED]) + _rest(len(tags))


def _rest(count: int) -> str:
    return f" and {count - _MOST_NAMED} more" if count > _MOST_NAMED else ""


def _points(value: float) -> str:
    return f"{value:+.1f}".replace("+0.0", "0").replace("-0.0", "0").removesuffix(".0")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
