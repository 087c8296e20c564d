"""Options that several commands have."""

from typing import Annotated

import typer

Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Log more, and show the traceback of an error.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
