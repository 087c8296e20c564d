"""`$filter`: which images are meant by what is noted of them.

`metadata=key1 eq 'value1' and key2 ne 'value2' or key3 eq 'value3'`: `and` binds first, as in
OData. A value doubles its quotation marks; so does a key, which is quoted if it has spaces.
"""

import re

from classifr.customvision.codes import ErrorCode
from classifr.customvision.errors import Refused
from classifr.vision.values import MetadataTest

_TEST = re.compile(
    r"\s*(?:metadata\s*=\s*)?(?:'(?P<quoted>(?:[^']|'')*)'|(?P<key>[^\s'=()]+))"
    r"\s+(?P<is>eq|ne)\s+'(?P<value>(?:[^']|'')*)'\s*",
    re.IGNORECASE,
)
_WORD = re.compile(r"(and|or)(?=[\s'])", re.IGNORECASE)
_MOST_CHARACTERS = 8192
_MOST_TESTS = 20

Groups = tuple[tuple[MetadataTest, ...], ...]
"""Images meet every test of any of the groups; there are no groups if all images are meant."""


def parse_filter(text: str) -> Groups:
    """The tests of an expression. Raises: Refused if it is none."""
    if not text.strip():
        return ()
    groups: list[list[MetadataTest]] = [[]]
    place = 0
    while place < len(text) <= _MOST_CHARACTERS:
        test = _TEST.match(text, place)
        if test is None or sum(map(len, groups)) == _MOST_TESTS:
            break
        groups[-1].append(_read(test))
        place = test.end()
        if place == len(text):
            return tuple(map(tuple, groups))
        word = _WORD.match(text, place)
        if word is None:
            break
        place = word.end()
        if word[0].lower() == "or":
            groups.append([])
    raise Refused(
        ErrorCode.BAD_REQUEST,
        "The filter cannot be read. Write it as in: "
        f"metadata=key1 eq 'value1' and key2 ne 'value2', with {_MOST_TESTS} comparisons at most.",
    )


def _read(test: re.Match[str]) -> MetadataTest:
    key = test["key"] if test["quoted"] is None else test["quoted"]
    return MetadataTest(_unquoted(key), _unquoted(test["value"]), test["is"].lower() == "eq")


def _unquoted(text: str) -> str:
    if "\0" in text:
        raise Refused(ErrorCode.BAD_REQUEST, "The filter has a character that no text may have.")
    return text.replace("''", "'")
