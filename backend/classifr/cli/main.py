"""`classifr`: the commands, and how each of them ends."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from classifr import __version__
from classifr.cli.commands import (
    dataset,
    db,
    doctor,
    evaluate,
    import_customvision,
    iteration,
    key,
    predict,
    project,
    serve,
    storage,
    tag,
    train,
    user,
    worker,
)
from classifr.cli.failures import INTERRUPTED, explain

app = typer.Typer(
    name="classifr",
    help="Classify photos, ask whether the answer was right, and run the server that does both.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(serve.serve)
app.command()(worker.worker)
app.command()(predict.predict)
app.command()(train.train)
app.command("eval")(evaluate.evaluate)
app.command("import-customvision")(import_customvision.import_customvision)
app.add_typer(iteration.app, name="iteration")
app.add_typer(dataset.app, name="dataset")
app.add_typer(project.app, name="project")
app.add_typer(tag.app, name="tag")
app.add_typer(user.app, name="user")
app.add_typer(key.app, name="key")
app.add_typer(db.app, name="db")
app.add_typer(storage.app, name="storage")
app.command()(doctor.doctor)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"classifr {__version__}")
        raise typer.Exit


@app.callback()
def _global_options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command in `sys.argv` and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command: 0 it worked, 1 it failed or did in part, 2 it was asked wrongly.

    An error is one line on stderr; its traceback appears only with `--verbose`.
    """
    try:
        code = app(arguments, prog_name="classifr", standalone_mode=False)
        sys.stdout.flush()
        return code or 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return 1
    except Exception as error:
        if {"--verbose", "-v"} & set(arguments):
            sys.excepthook(type(error), error, error.__traceback__)
        failure = explain(error)
        if failure.reason:  # There is none where help was shown for want of a command.
            typer.echo(failure.line, err=True)
        return failure.exit_code


def _drop_output() -> None:
    """Let the last flush at exit find no closed pipe: `classifr predict ... | head` is no error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
