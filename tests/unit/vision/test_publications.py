"""What a published name can be rolled back to."""

from uuid import UUID

import pytest

from classifr.vision.local.publishing.publications import line_of_holders

ITERATIONS = {letter: UUID(int=number) for number, letter in enumerate("ABCD")}


@pytest.mark.parametrize(
    ("published", "line"),
    [
        ("", ""),
        ("A", "A"),
        ("ABC", "ABC"),
        ("ABCB", "AB"),  # Rolled back once.
        ("ABCBA", "A"),  # Rolled back twice.
        ("ABCBD", "ABD"),  # What was rolled back is not gone back to.
        ("ABA", "A"),  # Going back by hand is rolling back.
        ("ABCA", "ABCA"),  # Going back by hand, past the one before.
        ("AA", "A"),  # Unpublished and published again.
    ],
)
def test_line_of_holders(published: str, line: str) -> None:
    given = line_of_holders(ITERATIONS[letter] for letter in published)

    assert given == [ITERATIONS[letter] for letter in line]
