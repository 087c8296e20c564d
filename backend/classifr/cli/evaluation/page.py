"""An evaluation as one HTML file that needs nothing else, from anywhere."""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

from classifr import __version__
from classifr.cli.client.api import Json
from classifr.cli.metrics import percent
from classifr.cli.wording import printable
from classifr.engine.images.decoding import ImageError
from classifr.engine.images.rendering import render_jpeg

_THUMBNAIL_SIDE = 112
_LARGEST_CELLS = 60  #: Tags up to which the confusion matrix can be read.

_PAGE = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>$title</title>
<style>
:root { color-scheme: light dark; --line: #8884; --bar: #2a78d6; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; }
h2 { font-size: 1.15rem; margin-top: 2.5rem; }
.facts { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; margin: 1.5rem 0; }
.facts b { display: block; font-size: 1.6rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: right; }
th:first-child, td:first-child { text-align: left; }
.cells td + td { text-align: center; min-width: 2.5rem; }
.mistakes { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); }
figure { margin: 0; overflow-wrap: anywhere; font-size: .85rem; }
img { width: 100%; aspect-ratio: 1; object-fit: contain; background: #8882; }
.bar { background: var(--bar); height: .7rem; }
</style>
<h1>$title</h1>
<p>$subtitle</p>
$body
<footer><p>Classifr $version</p></footer>
</html>
""")


def evaluation_page(report: Json) -> str:
    """report: as `classifr eval --json` prints it."""
    sections = [_facts(report), _notes(report)]
    if comparison := report.get("comparison"):
        heading = f"Compared with {escape(comparison['with'])}"
        sections.append(f"<h2>{heading}</h2><p>{escape(comparison['sentence'])}</p>")
    sections += [_per_tag(report), _confusion(report), _calibration(report), _mistakes(report)]
    return _PAGE.substitute(
        title=escape(f"{report['iteration']} of {report['project']}"),
        subtitle=escape(
            f"{report['image_count']:,} images of {report['folder']}, "
            f"threshold {report['threshold']:g}"
        ),
        body="\n".join(section for section in sections if section),
        version=__version__,
    )


def _facts(report: Json) -> str:
    overall = report["overall"]
    facts = [
        ("Top-1", report["top1"]),
        ("Precision", overall["precision"]),
        ("Recall", overall["recall"]),
        ("Average precision", overall["average_precision"]),
        ("Calibration error", report["calibration_error"]),
    ]
    cells = "".join(f"<div>{name}<b>{percent(share)}</b></div>" for name, share in facts)
    return f'<div class="facts">{cells}</div>'


def _notes(report: Json) -> str:
    notes = []
    if report["unknown_tags"]:
        named = ", ".join(f"{tag} ({n})" for tag, n in report["unknown_tags"].items())
        notes.append(f"Left out, because the iteration does not know their tags: {named}.")
    if report["refused"]:
        notes.append(f"Could not be classified: {len(report['refused'])} images.")
    return "".join(f"<p>{escape(note)}</p>" for note in notes)


def _per_tag(report: Json) -> str:
    rows = [
        (
            tag["name"],
            percent(tag["precision"]),
            percent(tag["recall"]),
            percent(tag["average_precision"]),
            f"{tag['images']:,}",
        )
        for tag in report["per_tag"]
    ]
    headings = ("Tag", "Precision", "Recall", "Average precision", "Images")
    return "<h2>Tags</h2>" + _table(headings, rows)


def _confusion(report: Json) -> str:
    confusion = report["confusion"]
    if not confusion or len(confusion["tags"]) > _LARGEST_CELLS:
        return ""
    head = "".join(f"<th>{escape(tag)}</th>" for tag in [*confusion["tags"], "none"])
    rows = []
    for name, counts in zip(confusion["tags"], confusion["counts"], strict=True):
        total = sum(counts) or 1
        cells = "".join(
            f'<td style="background: color-mix(in srgb, var(--bar) {75 * n // total}%, '
            f'transparent)">{n or ""}</td>'
            for n in counts
        )
        rows.append(f"<tr><td>{escape(name)}</td>{cells}</tr>")
    return (
        "<h2>What is taken for what</h2><p>Rows: what the images show. Columns: what was said; "
        "none is below the threshold.</p>"
        f'<div class="scroll"><table class="cells"><tr><th></th>{head}</tr>{"".join(rows)}'
        "</table></div>"
    )


def _calibration(report: Json) -> str:
    rows = [
        f"<tr><td>{one['low']:.0%} to {one['high']:.0%}</td><td>{one['count']:,}</td>"
        f"<td>{one['confidence']:.1%}</td><td>{one['accuracy']:.1%}</td>"
        f'<td style="width: 10rem"><div class="bar" style="width: {one["accuracy"]:.0%}"></div>'
        "</td></tr>"
        for one in report["calibration"]
    ]
    return (
        "<h2>Are the probabilities to be believed?</h2>"
        '<div class="scroll"><table><tr><th>Probability</th><th>Images</th><th>Said</th>'
        f"<th>Right</th><th></th></tr>{''.join(rows)}</table></div>"
    )


def _mistakes(report: Json) -> str:
    figures = [figure for mistake in report["mistakes"] if (figure := _figure(mistake))]
    if not figures:
        return ""
    return f'<h2>The surest mistakes</h2><div class="mistakes">{"".join(figures)}</div>'


def _figure(mistake: Json) -> str | None:
    path = Path(mistake["file"])
    try:
        thumbnail = render_jpeg(path.read_bytes(), max_side=_THUMBNAIL_SIDE)
    except (OSError, ImageError):
        return None
    source = f"data:image/jpeg;base64,{base64.b64encode(thumbnail).decode()}"
    actual = ", ".join(mistake["actual"])
    caption = (
        f"{escape(mistake['predicted'])} {mistake['probability']:.0%}, is {escape(actual)}"
        f"<br><small>{escape(printable(path.name))}</small>"
    )
    alt = escape(f"{printable(path.name)}, which shows {actual}")
    return f'<figure><img src="{source}" alt="{alt}"><figcaption>{caption}</figcaption></figure>'


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{heading}</th>" for heading in headings)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'
