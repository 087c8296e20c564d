"""How good a model of real photos is, against the best of a sweep by scikit-learn."""

import hashlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from cases.bench import Bench
from classifr.engine.backbones.backbone import EFFICIENTNET_LITE0
from classifr.engine.backbones.file import load_efficientnet_lite0
from classifr.engine.backbones.session import BackboneSession
from classifr.engine.images.preprocessing import preprocess
from classifr.engine.learning.features import to_features
from classifr.engine.learning.head import Head, HeadKind, probabilities
from classifr.engine.learning.training import train_model
from classifr.engine.measures.calibration import calibration_error
from classifr.engine.measures.metrics import evaluate, top1
from measure import Measurement

Array = NDArray[np.float32]

#: Top-1 of the best of the sweep, which was chosen on the test photos, less one point.
LIMIT_POINTS = -1.0
LIMIT_CALIBRATION = 6.0
_FOLDS = 5


@dataclass(frozen=True)
class _Photos:
    """Photos of one folder, embedded."""

    embeddings: Array  #: (n, dimension)
    labels: NDArray[np.bool_]  #: (n, tags)
    digests: list[str]

    def rows(self, chosen: NDArray[np.int64]) -> "_Photos":
        digests = [self.digests[row] for row in chosen]
        return _Photos(self.embeddings[chosen], self.labels[chosen], digests)


def measure(bench: Bench) -> Iterator[Measurement]:
    """Trained on `Train`, judged on the `Test` folder beside it; nothing where they are not."""
    test_folder = bench.photo_folder
    train_folder = test_folder.with_name("Train") if test_folder else None
    if test_folder is None or train_folder is None or not train_folder.is_dir():
        return
    session = BackboneSession(EFFICIENTNET_LITE0, load_efficientnet_lite0(bench.models))
    tags = sorted(folder.name for folder in train_folder.iterdir() if folder.is_dir())
    train, test = (_embed(session, folder, tags) for folder in (train_folder, test_folder))

    head = _train(train)
    found = probabilities(head, to_features(test.embeddings))
    ours, (best, best_name) = 100 * _top1(found, test), _best_of_sweep(train, test)
    average_precision = evaluate(found, test.labels, HeadKind.MULTICLASS, 0.5).overall
    yield Measurement(
        name="quality-top1",
        value=ours - best,
        unit="points",
        limit=LIMIT_POINTS,
        at_least=True,
        details={
            "top1": ours,
            "sweep_best": best,
            "sweep_choice": best_name,
            "average_precision": 100 * (average_precision.average_precision or 0),
            "train": len(train.digests),
            "test": len(test.digests),
        },
    )
    yield Measurement(
        name="quality-calibration",
        value=100 * (calibration_error(found, test.labels) or 0),
        unit="%",
        limit=LIMIT_CALIBRATION,
        details={"of_a_calibrated_model": 100 * _calibrated_error(found)},
    )
    pooled, pooled_labels = _cross_validated(train, test)
    yield Measurement(
        name="quality-calibration-pooled",
        value=100 * (calibration_error(pooled, pooled_labels) or 0),
        unit="%",
        limit=LIMIT_CALIBRATION,
        details={"of_a_calibrated_model": 100 * _calibrated_error(pooled)},
    )


def _embed(session: BackboneSession, folder: Path, tags: list[str]) -> _Photos:
    embeddings, rows, digests = [], [], []
    for number, tag in enumerate(tags):
        for path in sorted((folder / tag).glob("*.jpg")):
            data = path.read_bytes()
            pixels = preprocess(data, EFFICIENTNET_LITE0.input_size)
            embeddings.append(session.embeddings(pixels[np.newaxis])[0])
            rows.append(number)
            digests.append(hashlib.sha256(data).hexdigest())
    return _Photos(np.array(embeddings), np.eye(len(tags), dtype=np.bool_)[rows], digests)


def _train(photos: _Photos) -> Head:
    model = train_model(photos.embeddings, photos.labels, photos.digests, HeadKind.MULTICLASS)
    return model.serving_head


def _top1(found: NDArray[np.float64], photos: _Photos) -> float:
    return top1(found, photos.labels) or 0.0


def _best_of_sweep(train: _Photos, test: _Photos) -> tuple[float, str]:
    results = []
    for name, (transform, strengths) in _SWEEP.items():
        features, unseen = transform(train.embeddings), transform(test.embeddings)
        for strength in strengths:
            model = LogisticRegression(C=strength, max_iter=500)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                model.fit(features, train.labels.argmax(axis=1))
            results.append(
                (100 * _top1(model.predict_proba(unseen), test), f"{name}, C {strength}")
            )
    return max(results)


def _cross_validated(
    train: _Photos, test: _Photos
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Every photo's probabilities by a model that did not see it, and the labels."""
    photos = _Photos(
        np.concatenate([train.embeddings, test.embeddings]),
        np.concatenate([train.labels, test.labels]),
        train.digests + test.digests,
    )
    found = np.empty(photos.labels.shape)
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    for seen, unseen in folds.split(photos.embeddings, photos.labels.argmax(axis=1)):
        head = _train(photos.rows(seen))
        found[unseen] = probabilities(head, to_features(photos.embeddings[unseen]))
    return found, photos.labels


def _calibrated_error(found: NDArray[np.float64]) -> float:
    """What the error would be, on average, if every probability were exactly true."""
    random = np.random.default_rng(0)
    tags = found.shape[1]
    errors = []
    for _ in range(50):
        drawn = (random.random((len(found), 1)) > found.cumsum(axis=1)).sum(axis=1)
        truth = np.eye(tags, dtype=np.bool_)[drawn.clip(0, tags - 1)]
        errors.append(calibration_error(found, truth) or 0.0)
    return float(np.mean(errors))


def _unchanged(embeddings: Array) -> Array:
    return embeddings


def _length_one(embeddings: Array) -> Array:
    lengths: Array = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return embeddings / lengths


_SWEEP: dict[str, tuple[Callable[[Array], Array], tuple[float, ...]]] = {
    "raw": (_unchanged, (1e-3, 1e-2, 0.1, 1, 10)),
    "length one": (_length_one, (1, 3, 10, 30, 100, 300)),
    "rooted": (to_features, (1, 3, 10, 30, 100, 300, 1000)),
}
