"""Whatever goes wrong, as one line with a hint, and an exit code."""

import errno
import re
from dataclasses import dataclass

import typer

from classifr.cli.wording import one_line, sentence
from classifr.errors import (
    BadRequest,
    ClassifrError,
    DatabaseUnavailable,
    ImageUnreadable,
    LastAdmin,
    NotFound,
    Overloaded,
    PasswordRejected,
    SettingsInvalid,
    StorageUnavailable,
    TooLarge,
    Unprocessable,
    UnsupportedMedia,
    UserNotFound,
)

FAILED = 1  #: The command was right, and failed or did in part.
ASKED_WRONGLY = 2  #: The command line, a setting or the input is wrong.
INTERRUPTED = 130  #: Ctrl-C, as a shell counts it.

_BAD_INPUT = (BadRequest, NotFound, SettingsInvalid, TooLarge, Unprocessable, UnsupportedMedia)
_HINT_ON_SETTINGS = "Correct it in the environment or in .env."
_HINT_AT_LAST = "`classifr doctor` looks for the cause."
_HINTS: dict[type[ClassifrError], str] = {
    ImageUnreadable: "Save it again as JPEG or PNG.",
    DatabaseUnavailable: "Check that PostgreSQL runs and that CLASSIFR_DATABASE_URL is right.",
    LastAdmin: "Make another one first: classifr user role NAME admin",
    Overloaded: "Raise CLASSIFR_ENGINE__MAX_WAITING.",
    PasswordRejected: "Choose another, or have one made with --generate.",
    StorageUnavailable: "Check the data folder or CLASSIFR_BLOB__*, then run it again.",
    TooLarge: "Send it smaller, or raise CLASSIFR_UPLOAD__MAX_BYTES.",
    UserNotFound: "`classifr user list` shows the names.",
}
_OS_HINTS = {
    errno.ENOSPC: "The disk is full: make room.",
    errno.EACCES: "Run it as the owner of the file, or choose another place.",
    errno.EPERM: "Run it as the owner of the file, or choose another place.",
    errno.ENOENT: "Check the path.",
    errno.EROFS: "Choose a place that can be written.",
}


@dataclass(frozen=True)
class Failure:
    """What went wrong, and what to do about it."""

    reason: str
    hint: str
    exit_code: int = FAILED

    @property
    def line(self) -> str:
        """For stderr."""
        return one_line(f"Error: {sentence(self.reason)} Hint: {self.hint}")


class CommandError(Exception):
    """A failure that the command line itself noticed."""

    def __init__(self, reason: str, *, hint: str, exit_code: int = FAILED) -> None:
        self.failure = Failure(reason, hint, exit_code)
        super().__init__(reason)


class AskedWrongly(CommandError):
    """The command line, a setting or the input is wrong."""

    def __init__(self, reason: str, *, hint: str) -> None:
        super().__init__(reason, hint=hint, exit_code=ASKED_WRONGLY)


def explain(error: BaseException) -> Failure:
    """Any error as a failure to show."""
    match error:
        case CommandError():
            return error.failure
        case ClassifrError():
            return _explain_ours(error)
        case typer.TyperException():
            return _explain_usage(error)
        case typer.Abort():
            return Failure("Stopped; nothing was changed.", "Answer y to go on.")
        case OSError():
            return _explain_system(error)
    return _explain_unexpected(error)


def reason_and_advice(detail: str) -> tuple[str, str | None]:
    """What is wrong, and what to do about it: our sentences say them in this order."""
    reason, *advice = re.split(r"(?<=[.!?]) (?=[A-Z`])", detail, maxsplit=1)
    return reason, advice[0] if advice else None


def _explain_ours(error: ClassifrError) -> Failure:
    reason, advice = reason_and_advice(error.detail)
    tells_cause = isinstance(error, DatabaseUnavailable | StorageUnavailable)
    if tells_cause and error.__cause__ is not None:
        reason = f"{reason.rstrip('.')}: {_first_line(error.__cause__)}"
    is_setting = isinstance(error, SettingsInvalid)
    hints = [hint for kind, hint in _HINTS.items() if isinstance(error, kind)]
    at_last = _HINT_ON_SETTINGS if is_setting else _HINT_AT_LAST
    hint = next(iter(hints), advice or at_last)
    code = ASKED_WRONGLY if isinstance(error, _BAD_INPUT) else FAILED
    return Failure(reason, hint, code)


def _explain_usage(error: typer.TyperException) -> Failure:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "classifr"
    return Failure(error.format_message(), f"{command} --help", error.exit_code)


def _explain_system(error: OSError) -> Failure:
    where = f"{error.filename}: " if error.filename else ""
    hint = _OS_HINTS.get(error.errno or 0, _HINT_AT_LAST)
    return Failure(f"{where}{error.strerror or error}", hint)


def _explain_unexpected(error: BaseException) -> Failure:
    return Failure(
        f"Unexpected {type(error).__name__}: {error}",
        "Run it again with --verbose, and report what that prints.",
    )


def _first_line(error: BaseException) -> str:
    """What the driver says, without what SQLAlchemy adds."""
    return next(iter(str(getattr(error, "orig", None) or error).strip().splitlines()), "")
