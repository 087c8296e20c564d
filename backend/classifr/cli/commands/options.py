"""Options that several commands have."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

#: Where `classifr serve` listens, unless it is told otherwise.
DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8000

Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]
TrainFolder = Annotated[
    Path,
    typer.Argument(
        metavar="DIR",
        help="A sub-folder of images for each tag, here or in DIR/Train.",
        show_default=False,
    ),
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Log more, and show the traceback of an error.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Overwrite = Annotated[bool, typer.Option("--force", help="Replace FILE if it is there.")]
ApiUrl = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Work on the server at this address. Default: CLASSIFR_API_URL, else the data folder.",
        show_default=False,
    ),
]
ApiKey = Annotated[
    str | None,
    typer.Option(
        metavar="KEY",
        help="API key for that server. Better in CLASSIFR_API_KEY, where nobody sees it.",
        show_default=False,
    ),
]
Project = Annotated[
    str | None,
    typer.Option(
        "--project",
        "-p",
        metavar="PROJECT",
        help="Its name or id. Default: the only project there is beside the built-in one.",
        show_default=False,
    ),
]
Labels = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="CSV file with the columns file (below DIR) and tag, instead of sub-folders.",
        show_default=False,
    ),
]
NewMultilabel = Annotated[
    bool, typer.Option("--multilabel", help="Make a project whose images have several tags.")
]
Threshold = Annotated[
    float, typer.Option(min=0, max=1, help="Probability from which a tag counts as predicted.")
]


@dataclass(frozen=True)
class Place:
    """Where a command works: on a server, or on the data folder of this machine."""

    api_url: str | None
    api_key: str | None = field(repr=False)
    verbose: bool
