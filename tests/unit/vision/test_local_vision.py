"""The local engine behind the port."""

import asyncio
import io
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from classifr.engine.backbones.torch_weights import WeightsInvalid
from classifr.errors import (
    BackboneInvalid,
    ImageFormatUnsupported,
    ImageTooManyPixels,
    ImageUnreadable,
    NotReady,
    Overloaded,
)
from classifr.vision.local import vision as local_module
from classifr.vision.local.embedding import backbones as backbones_module
from classifr.vision.local.embedding.backbones import Backbones
from classifr.vision.local.vision import LocalVision, default_sessions
from classifr.vision.port import IMAGENET_ITERATION_ID, Vision


def png(width: int = 64, height: int = 48) -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def backbone_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture
async def vision(backbone_dir: Path) -> AsyncIterator[Vision]:
    local = LocalVision(Backbones(backbone_dir), sessions=2, max_waiting=2, max_pixels=10_000)
    await local.open()
    yield local
    await local.close()


async def test_every_tag_comes_back_likeliest_first(vision):
    answer = await vision.classify(png())

    assert answer.iteration == "ImageNet"
    assert answer.iteration_id == IMAGENET_ITERATION_ID
    assert sorted(answer.tags) == sorted(await vision.tags())
    assert len(answer.tags) == 1000
    assert list(answer.probabilities) == sorted(answer.probabilities, reverse=True)
    assert sum(answer.probabilities) == pytest.approx(1, abs=1e-5)
    assert all(type(probability) is float for probability in answer.probabilities)
    assert answer.likeliest(2) == answer.likeliest()[:2]


async def test_probability_belongs_to_its_tag(vision, monkeypatch):
    """Logits that name one class give that class's tag the first place."""
    logits = np.zeros((1, 1000), np.float32)
    logits[0, 963] = 10
    monkeypatch.setattr(
        "classifr.engine.backbones.session.BackboneSession.logits", lambda _self, _images: logits
    )

    first, *others = (await vision.classify(png())).likeliest()

    expected = np.exp(10) / (np.exp(10) + 999)
    assert first.tag == "pizza"
    assert first.probability == pytest.approx(expected, abs=1e-7)
    np.testing.assert_allclose(
        [other.probability for other in others], (1 - expected) / 999, atol=1e-7
    )


async def test_same_image_gets_the_same_answer_among_others(vision):
    alone = await vision.classify(png())

    together = await asyncio.gather(*(vision.classify(png()) for _ in range(4)))

    assert [one.likeliest() for one in together] == [alone.likeliest()] * 4


async def test_bad_images_are_said_to_be_bad(vision):
    with pytest.raises(ImageFormatUnsupported):
        await vision.classify(b"hello")
    with pytest.raises(ImageUnreadable):
        await vision.classify(png()[:-40])
    with pytest.raises(ImageTooManyPixels):
        await vision.classify(png(101, 100))


async def test_image_beyond_the_line_is_refused_with_a_time_to_wait(vision, monkeypatch):
    gate = threading.Event()
    monkeypatch.setattr(local_module, "_classify", lambda *_: gate.wait(30))
    running = [asyncio.create_task(vision.classify(png())) for _ in range(4)]
    await asyncio.sleep(0.05)

    with pytest.raises(Overloaded) as caught:
        await vision.classify(png())
    gate.set()

    assert caught.value.retry_after_seconds == 1
    await asyncio.gather(*running)


async def test_it_is_ready_between_open_and_close(backbone_dir):
    vision = LocalVision(Backbones(backbone_dir), sessions=1, max_waiting=1, max_pixels=10_000)
    assert not vision.is_ready
    with pytest.raises(NotReady):
        await vision.classify(png())
    with pytest.raises(NotReady):
        await vision.tags()

    await vision.open()
    assert vision.is_ready

    await vision.close()
    assert not vision.is_ready
    with pytest.raises(NotReady):
        await vision.classify(png())


async def test_close_waits_for_the_answer_that_is_being_made(backbone_dir, monkeypatch):
    vision = LocalVision(Backbones(backbone_dir), sessions=1, max_waiting=1, max_pixels=10_000)
    await vision.open()
    gate = threading.Event()
    monkeypatch.setattr(local_module, "_classify", lambda *_: gate.wait(30))
    answer = asyncio.create_task(vision.classify(png()))
    await asyncio.sleep(0.05)

    closing = asyncio.create_task(vision.close())
    await asyncio.sleep(0.05)
    assert not closing.done()
    gate.set()

    await closing
    assert await answer is True


async def test_damaged_weights_stop_the_start_with_a_remedy(tmp_path, monkeypatch):
    def damaged(_folder: Path) -> bytes:
        raise WeightsInvalid("it does not match")

    monkeypatch.setattr(backbones_module, "load_efficientnet_lite0", damaged)
    vision = LocalVision(Backbones(tmp_path), sessions=1, max_waiting=1, max_pixels=10_000)

    with pytest.raises(BackboneInvalid, match="Reinstall the package"):
        await vision.open()
    assert not vision.is_ready
    await vision.close()


@pytest.mark.parametrize(("processes", "expected"), [(1, 6), (2, 3), (4, 1), (9, 1)])
def test_processes_share_the_cores(monkeypatch, processes, expected):
    monkeypatch.setattr(local_module, "usable_cores", lambda: 6)

    assert default_sessions(processes) == expected
