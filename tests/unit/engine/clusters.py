"""Made embeddings: clusters around one centre a tag, like a backbone's, never negative."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Clusters:
    embeddings: NDArray[np.float32]  #: (n, dimension)
    labels: NDArray[np.bool_]  #: (n, tags)
    sha256s: list[str]


def make_clusters(
    counts: list[int], *, dimension: int = 32, noise: float = 1.0, seed: int = 0
) -> Clusters:
    """counts: images of each tag."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(len(counts), dimension))
    tag = np.repeat(np.arange(len(counts)), counts)
    values = centres[tag] + noise * random.normal(size=(len(tag), dimension))
    labels = np.zeros((len(tag), len(counts)), np.bool_)
    labels[np.arange(len(tag)), tag] = True
    names = [f"{seed}/{number}" for number in range(len(tag))]
    return Clusters(
        np.maximum(values + 0.5, 0).astype(np.float32),
        labels,
        [hashlib.sha256(name.encode()).hexdigest() for name in names],
    )
