"""Which images a model is evaluated on: the same for ever, whatever is added or relabelled."""

import hashlib

#: One image in so many is held out, as Custom Vision does.
HELD_OUT_OF = 5
# Another salt would move every image and make evaluations incomparable.
_SALT = b"classifr held-out split 1:"


def is_held_out(sha256: str) -> bool:
    """Whether an image is kept for evaluation; sha256: of its bytes, hexadecimal, in any case.

    The digest is hashed once more, so that nothing else that is chosen by it goes along.
    """
    digest = hashlib.sha256(_SALT + sha256.lower().encode("ascii")).digest()
    return int.from_bytes(digest[:8], "big") % HELD_OUT_OF == 0
