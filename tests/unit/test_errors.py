"""The error tree is drawn as it is, and every leaf can be answered."""

import inspect
import re

from classifr import errors
from classifr.errors import ClassifrError, Unavailable


def subclasses(error: type[ClassifrError]) -> list[type[ClassifrError]]:
    """Every error below one, at any depth."""
    return [found for child in error.__subclasses__() for found in (child, *subclasses(child))]


def test_tree_at_the_top_of_the_module_is_the_real_one() -> None:
    drawn = {}
    path: list[str] = []
    for line in inspect.getdoc(errors).splitlines():
        if found := re.match(r"^([│ ]*)[├└]── (\w+)", line):
            depth = len(found[1]) // 4
            path = [*path[:depth], found[2]]
            drawn[found[2]] = path[-2] if depth else "ClassifrError"
    real = {error.__name__: error.__bases__[0].__name__ for error in subclasses(ClassifrError)}
    assert drawn == real


def test_every_error_has_a_code_of_its_own_and_says_what_is_wrong() -> None:
    found = subclasses(ClassifrError)
    codes = [error.code for error in found]
    assert len(codes) == len(set(codes))
    for error in found:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", error.code)
        assert error.message.endswith(".")
        assert error.status in range(400, 600)


def test_whoever_is_unavailable_says_when_to_try_again() -> None:
    for error in (Unavailable, *subclasses(Unavailable)):
        assert error().retry_after_seconds == 2
        assert error(retry_after_seconds=7).retry_after_seconds == 7
    assert ClassifrError().retry_after_seconds is None
