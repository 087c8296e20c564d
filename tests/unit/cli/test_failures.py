"""Every error becomes one line with a hint and an exit code."""

import errno

import pytest

from classifr import errors
from classifr.cli.failures import AskedWrongly, CommandError, explain
from classifr.cli.wording import one_line, printable


def subclasses(root: type[errors.ClassifrError]) -> list[type[errors.ClassifrError]]:
    return [root, *(leaf for child in root.__subclasses__() for leaf in subclasses(child))]


@pytest.mark.parametrize("kind", subclasses(errors.ClassifrError))
def test_every_error_of_ours_is_one_line_with_a_hint(kind: type[errors.ClassifrError]) -> None:
    failure = explain(kind())
    before, hint, after = failure.line.partition(" Hint: ")
    assert before.startswith("Error: ")
    assert before.endswith((".", "!", "?"))
    assert hint
    assert after
    assert "\n" not in failure.line
    assert failure.exit_code in (1, 2)


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (errors.LastAdmin(), 1),
        (errors.UsernameTaken(), 1),
        (errors.DatabaseUnavailable(), 1),
        (errors.DatabaseStartFailed(), 1),
        (errors.UserNotFound(), 2),
        (errors.ImageUnreadable(), 2),
        (errors.ImageTooLarge(), 2),
        (errors.PasswordRejected(), 2),
        (errors.SettingsInvalid(), 2),
        (OSError(errno.ENOSPC, "No space left on device", "/data/x"), 1),
        (CommandError("It rains.", hint="Stay in."), 1),
        (AskedWrongly("It rains.", hint="Stay in."), 2),
        (KeyError("x"), 1),
    ],
)
def test_bad_input_is_told_from_failure(error: Exception, exit_code: int) -> None:
    assert explain(error).exit_code == exit_code


def test_the_advice_in_an_error_becomes_the_hint() -> None:
    failure = explain(errors.UsernameTaken("This username is taken. Choose another."))
    assert failure.line == "Error: This username is taken. Hint: Choose another."


def test_a_lost_database_names_its_cause() -> None:
    error = errors.DatabaseUnavailable()
    error.__cause__ = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
    assert "Connection refused. Hint: Check that PostgreSQL runs" in explain(error).line


def test_an_error_of_the_system_names_the_file() -> None:
    failure = explain(PermissionError(errno.EACCES, "Permission denied", "/data/x"))
    assert failure.line.startswith("Error: /data/x: Permission denied. Hint: ")


def test_an_unexpected_error_asks_for_a_report() -> None:
    line = explain(ZeroDivisionError("division by zero")).line
    assert line.startswith("Error: Unexpected ZeroDivisionError: division by zero. Hint: ")
    assert "--verbose" in line


def test_a_terminal_obeys_nothing_in_a_name() -> None:
    assert printable("a\x1b[31m\udcff.jpg") == "a\\x1b[31m\\udcff.jpg"
    assert one_line("a\nb\r\n c") == "a b c"
