"""A 12-megapixel JPEG: what decoding at a fraction of its size saves."""

import io
import time
from collections.abc import Iterator

from PIL import Image

from cases.bench import Bench
from classifr.engine.backbone import EFFICIENTNET_LITE0
from classifr.engine.preprocessing import preprocess
from measure import Measurement, run_rounds
from photos import make_twelve_megapixels

LIMIT = 0.35


def measure(bench: Bench) -> Iterator[Measurement]:
    """Decode + preprocess as the engine does it, against decoding every pixel."""
    photo = make_twelve_megapixels(bench.photos)

    def full_decode() -> float:
        started = time.perf_counter()
        Image.open(io.BytesIO(photo)).load()
        return time.perf_counter() - started

    def preprocessed() -> float:
        started = time.perf_counter()
        preprocess(photo, EFFICIENTNET_LITE0.input_size)
        return time.perf_counter() - started

    rounds = run_rounds(
        {"full": full_decode, "preprocess": preprocessed}, rounds=bench.repeat(15, 5)
    )
    yield Measurement(
        name="large-jpeg",
        value=rounds.median("preprocess") * 1000,
        unit="ms",
        floor=rounds.median("full") * 1000,
        limit=LIMIT,
        spread=rounds.spread("full"),
        others=rounds.others,
        details={"file_bytes": len(photo)},
    )
