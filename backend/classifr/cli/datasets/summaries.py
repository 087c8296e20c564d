"""What is said of a data set and of what became of it."""

from collections.abc import Mapping
from pathlib import Path

from classifr.cli.client.api import Json
from classifr.cli.datasets.labelled import TEST_PARTS, TRAIN_PARTS, LabelledImages, tidy_tag
from classifr.cli.datasets.uploading import Refused, Uploaded
from classifr.cli.failures import AskedWrongly
from classifr.cli.terminal import remark
from classifr.cli.wording import count, sentence

_MOST_NAMED = 5


def project_name(source: Path) -> str:
    """What a data set is called: a folder `Train` has its name from the one above.

    Raises: CommandError.
    """
    # As it was typed: a link may lead to a folder of any name.
    path = source.resolve() if ".." in source.parts else source.absolute()
    is_part = path.name.lower() in TRAIN_PARTS | TEST_PARTS
    path = path.parent if is_part else path
    name = tidy_tag(path.stem if path.is_file() else path.name)
    if not name:
        raise AskedWrongly(f"{source} has no name for a project.", hint="Add --project NAME.")
    return name


def tell_dataset(dataset: LabelledImages) -> None:
    """Say which files will not be used."""
    if dataset.untagged:
        remark(
            f"{count(len(dataset.untagged), 'image')} without a tag left out, such as "
            f"{dataset.untagged[0]}."
        )
    if dataset.missing:
        remark(
            f"{count(len(dataset.missing), 'file')} of the CSV file not there, such as "
            f"{dataset.missing[0]}."
        )


def tell_uploaded(uploaded: Uploaded) -> None:
    """Say what a project has now that it had not before."""
    for contradiction in uploaded.contradictions[:_MOST_NAMED]:
        kept, dropped = contradiction.kept, contradiction.dropped
        remark(
            f"The same image has two tags; the first counts: {kept.path} ({', '.join(kept.tags)}) "
            f"and {dropped.path} ({', '.join(dropped.tags)})."
        )
    if len(uploaded.contradictions) > _MOST_NAMED:
        remark(
            f"So do {len(uploaded.contradictions) - _MOST_NAMED} more. "
            "Hint: classifr dataset check DIR names them all."
        )
    if uploaded.added:
        remark(f"Added {count(uploaded.added, 'image')}: {by_tag(uploaded.added_by_tag)}.")
    if uploaded.retagged:
        remark(f"Tagged {count(uploaded.retagged, 'image')} anew.")
    if uploaded.refused:
        remark(f"{count(len(uploaded.refused), 'image')} refused.")
    if not uploaded.added and not uploaded.retagged:
        remark(f"Nothing to upload: {count(uploaded.unchanged, 'image')} there already.")


def refused_line(refused: Refused) -> str:
    """One file that did not go in, with its status."""
    return f"{refused.path}: {refused.status}. {sentence(refused.detail)}"


def uploaded_json(uploaded: Uploaded) -> Json:
    """The same for programs."""
    return {
        "added": uploaded.added,
        "retagged": uploaded.retagged,
        "unchanged": uploaded.unchanged,
        "refused": [
            {"file": str(refused.path), "status": refused.status, "detail": refused.detail}
            for refused in uploaded.refused
        ],
        "contradictions": [
            [str(contradiction.kept.path), str(contradiction.dropped.path)]
            for contradiction in uploaded.contradictions
        ],
    }


def by_tag(counts: Mapping[str, int]) -> str:
    """`cannoli 60, risotto 60`."""
    return ", ".join(f"{tag or 'untagged'} {number}" for tag, number in sorted(counts.items()))
