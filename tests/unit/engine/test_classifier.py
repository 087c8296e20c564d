"""A trained model to bytes and back."""

import io
import subprocess
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from classifr.engine.classifier import (
    Classifier,
    ClassifierDamaged,
    classifier_from_bytes,
    classifier_to_bytes,
    classify,
)
from classifr.engine.learning.head import Head, HeadKind
from classifr.engine.learning.novelty import Novelty


@pytest.fixture
def classifier() -> Classifier:
    random = np.random.default_rng(1)
    head = Head(
        HeadKind.MULTICLASS,
        random.normal(size=(16, 3)).astype(np.float32),
        random.normal(size=3).astype(np.float32),
        0.7,
    )
    centroids = random.normal(size=(3, 16)).astype(np.float32)
    return Classifier(("pâté", "risotto", "寿司"), "test:1:1", head, Novelty(centroids, 0.25))


def test_classifier_answers_the_same_after_a_round_trip(classifier):
    embeddings = np.random.default_rng(2).random((5, 16), np.float32)

    read = classifier_from_bytes(classifier_to_bytes(classifier))

    assert (read.tags, read.backbone_key) == (classifier.tags, classifier.backbone_key)
    before, after = classify(classifier, embeddings), classify(read, embeddings)
    np.testing.assert_array_equal(after.probabilities, before.probabilities)
    np.testing.assert_array_equal(after.novelty_scores, before.novelty_scores)
    np.testing.assert_array_equal(after.is_novel, before.is_novel)


def test_equal_classifiers_give_equal_bytes_whatever_the_clock_says(classifier, monkeypatch):
    first = classifier_to_bytes(classifier)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    head = replace(classifier.head, weights=np.asfortranarray(classifier.head.weights))

    assert classifier_to_bytes(replace(classifier, head=head)) == first


def test_other_classifier_gives_other_bytes(classifier):
    other = replace(classifier, head=replace(classifier.head, temperature=0.8))
    assert classifier_to_bytes(other) != classifier_to_bytes(classifier)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"not a zip",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-700] + b"\0" * 700,
        lambda data: without(data, "weights.npy"),
        lambda data: without(data, "bias.npy", instead=npy(np.zeros(2, np.float32))),
        lambda data: without(data, "centroids.npy", instead=npy(np.zeros((3, 4), np.float32))),
        lambda data: without(data, "format.npy", instead=npy(np.int64(99))),
        lambda data: without(data, "kind.npy", instead=npy(np.array("other"))),
    ],
    ids=["empty", "text", "half", "end", "missing", "bias", "centroids", "format", "kind"],
)
def test_damaged_bytes_are_refused(classifier, damage):
    with pytest.raises(ClassifierDamaged):
        classifier_from_bytes(damage(classifier_to_bytes(classifier)))


def test_pickle_is_refused(classifier):
    pickled = npy(np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.raises(ClassifierDamaged, match="pickle"):
        classifier_from_bytes(without(classifier_to_bytes(classifier), "tags.npy", instead=pickled))


def test_serving_does_not_import_what_only_training_needs():
    code = (
        "import sys, classifr.engine.classifier, classifr.engine.measures.metrics, "
        "classifr.engine.measures.comparison, classifr.engine.backbones.session, "
        "classifr.engine.backbones.custom; "
        "print({'scipy', 'sklearn', 'onnx'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def without(data: bytes, name: str, *, instead: bytes | None = None) -> bytes:
    """The archive without one file, or with another in its place."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(changed, "w") as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
        if instead is not None:
            new.writestr(name, instead)
    return changed.getvalue()


def npy(array: np.ndarray, *, allow_pickle: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=allow_pickle)
    return buffer.getvalue()
