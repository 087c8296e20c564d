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
    """Decode + preprocess as the engine does it, against decoding every pixel and the same then.

    The details say what two parts take: decoding every pixel and no more; and decoding at the
    engine's fraction and no more, of which unpacking the file is most, at whatever fraction.
    """
    photo = make_twelve_megapixels(bench.photos)
    size = EFFICIENTNET_LITE0.input_size

    def decode(at_least: int | None = None) -> Image.Image:
        image = Image.open(io.BytesIO(photo))
        if at_least is not None:
            image.draft("RGB", (at_least, at_least))
        image.load()
        return image

    rounds = run_rounds(
        {
            "engine": lambda: _milliseconds(lambda: preprocess(photo, size)),
            "in full": lambda: _milliseconds(
                lambda: decode().resize((size, size), Image.Resampling.BICUBIC)
            ),
            "decode in full": lambda: _milliseconds(decode),
            "decode a fraction": lambda: _milliseconds(lambda: decode(2 * size)),
        },
        rounds=bench.repeat(15, 5),
    )
    yield Measurement(
        name="large-jpeg",
        value=rounds.median("engine"),
        unit="ms",
        floor=rounds.median("in full"),
        limit=LIMIT,
        spread=rounds.spread("in full"),
        others=rounds.others,
        details={
            "file_bytes": len(photo),
            "decode_in_full_ms": rounds.median("decode in full"),
            "decode_a_fraction_ms": rounds.median("decode a fraction"),
        },
    )


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
