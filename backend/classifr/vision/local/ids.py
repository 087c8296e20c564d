"""Ids as callers and keys spell them."""

from uuid import UUID


def as_id(text: str) -> UUID | None:
    """The id that was written, or None if it is not one."""
    try:
        return UUID(text)
    except ValueError:
        return None
