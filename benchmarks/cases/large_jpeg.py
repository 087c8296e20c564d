"""A 12-megapixel JPEG: what decoding at a fraction of its size saves."""

import io
import time
from collections.abc import Callable, Iterator

from PIL import Image

from cases.bench import Bench
from classifr.engine.backbones.backbone import EFFICIENTNET_LITE0
from classifr.engine.images.preprocessing import preprocess
from measure import Measurement, run_rounds
from photos import make_twelve_megapixels

LIMIT = 0.35


def measure(bench: Bench) -> Iterator[Measurement]:
    """Decode + preprocess as the engine does it, against two floors.

    One decodes every pixel and stops there; the other goes on to the backbone's input, so it does
    the same work as the engine.
    """
    photo = make_twelve_megapixels(bench.photos)
    size = EFFICIENTNET_LITE0.input_size

    def decode_in_full() -> Image.Image:
        image = Image.open(io.BytesIO(photo))
        image.load()
        return image

    rounds = run_rounds(
        {
            "engine": lambda: _milliseconds(lambda: preprocess(photo, size)),
            "decode": lambda: _milliseconds(decode_in_full),
            "decode+preprocess": lambda: _milliseconds(
                lambda: decode_in_full().resize((size, size), Image.Resampling.BICUBIC)
            ),
        },
        rounds=bench.repeat(15, 5),
    )
    for name, floor in (("large-jpeg", "decode"), ("large-jpeg-same-work", "decode+preprocess")):
        yield Measurement(
            name=name,
            value=rounds.median("engine"),
            unit="ms",
            floor=rounds.median(floor),
            limit=LIMIT,
            spread=rounds.spread(floor),
            others=rounds.others,
            details={"file_bytes": len(photo)},
        )


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
