"""Backbones by key: each is loaded once, and a model keeps the one it was trained with."""

import gc
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from tests.backbones import write_backbone
from tests.pictures import encoded, picture

from classifr.engine.backbones.backbone import EFFICIENTNET_LITE0
from classifr.errors import BackboneInvalid, ImageUnreadable
from classifr.vision.local.embedding import backbones as backbones_module
from classifr.vision.local.embedding.backbones import Backbones


@pytest.fixture
def brought(tmp_path: Path) -> Path:
    return write_backbone(tmp_path / "brought", name="a/../b: naïve")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def test_without_a_setting_training_uses_the_default(tmp_path_factory):
    backbones = Backbones(tmp_path_factory.mktemp("models"))

    assert backbones.for_training() is backbones.default()
    assert backbones.get(EFFICIENTNET_LITE0.key) is backbones.default()
    assert backbones.default().backbone == EFFICIENTNET_LITE0


def test_setting_names_what_training_uses(folder, brought):
    loaded = Backbones(folder, str(brought)).for_training()

    pixels = loaded.pixels(encoded(picture(), "PNG"))
    assert pixels.shape == (8, 8, 3)
    expected = pixels.mean(axis=(0, 1))
    np.testing.assert_allclose(loaded.embeddings(pixels[np.newaxis])[0], expected, rtol=1e-5)
    with pytest.raises(ImageUnreadable):
        loaded.pixels(encoded(picture(), "PNG")[:-40])


def test_key_is_known_without_the_model(folder, brought):
    backbones = Backbones(folder, str(brought))
    (brought / "model.onnx").unlink()
    key = backbones.key_for_training()

    write_backbone(brought, name="a/../b: naïve")
    assert backbones.for_training().backbone.key == key
    with pytest.raises(BackboneInvalid, match="nowhere"):
        Backbones(folder, "nowhere").key_for_training()


def test_model_keeps_its_backbone_when_the_file_is_moved_and_the_setting_changed(folder, brought):
    key = Backbones(folder, str(brought)).for_training().backbone.key
    other = write_backbone(brought.with_name("other"), is_darker=True)
    shutil.rmtree(brought)

    later = Backbones(folder, str(other))

    assert later.get(key).backbone.key == key
    assert later.for_training().backbone.key != key
    # However odd its name, the copy lies in the folder.
    assert {path.parent.parent for path in folder.rglob("*.onnx")} == {folder}


def test_another_process_finds_it_by_its_setting(folder, brought, tmp_path):
    key = Backbones(folder, str(brought)).for_training().backbone.key

    assert Backbones(tmp_path / "elsewhere", str(brought)).get(key).backbone.key == key


def test_unknown_backbone_is_said_to_be_unknown(folder, brought):
    with pytest.raises(BackboneInvalid, match=r"no-such:1 is not on this machine\. Name it"):
        Backbones(folder, str(brought)).get("no-such:1")


@pytest.mark.parametrize("damage", ["model.onnx", "backbone.json"])
def test_damaged_copy_is_made_again(folder, brought, damage):
    key = Backbones(folder, str(brought)).for_training().backbone.key
    (copy,) = folder.iterdir()
    (copy / damage).write_bytes(b"damaged")
    with pytest.raises(BackboneInvalid):
        Backbones(folder).get(key)

    Backbones(folder, str(brought)).for_training()

    assert Backbones(folder).get(key).backbone.key == key


def test_broken_setting_says_what_is_wrong(folder, tmp_path):
    with pytest.raises(BackboneInvalid, match="CLASSIFR_BACKBONE"):
        Backbones(folder, str(tmp_path / "nothing")).for_training()


def test_threads_that_ask_at_once_share_one(folder, brought, monkeypatch):
    loads = []
    load = backbones_module.load_custom_backbone
    monkeypatch.setattr(
        backbones_module,
        "load_custom_backbone",
        lambda location: (loads.append(location), load(location))[1],
    )
    backbones = Backbones(folder, str(brought))
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(backbones.for_training())) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(loads) == 1
    assert len(set(map(id, found))) == 1


def test_backbone_nobody_needs_any_more_is_let_go(folder, brought):
    key = Backbones(folder, str(brought)).for_training().backbone.key
    backbones = Backbones(folder)
    held = backbones.get(key)
    assert backbones.get(key) is held

    del held
    gc.collect()

    assert not backbones._loaded


def test_full_disk_does_not_stop_training(folder, brought, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backbones_module, "keep_copy", full)

    assert Backbones(folder, str(brought)).for_training().backbone.dimension == 3
