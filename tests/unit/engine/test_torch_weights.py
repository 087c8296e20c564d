"""Reading torch.save files: what is refused, and that nothing in them runs."""

import hashlib
import io
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from classifr.engine.backbones.torch_weights import WeightsInvalid, read_state_dict

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C


class Named:
    """Pickles as the global `module.name`, which need not exist."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


class LegacyPickler(pickle._Pickler):
    """Writes the part of the format a state dict needs: names, and tensors on storages."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_named(self, named: Named) -> None:
        self.write(b"c" + f"{named.module}\n{named.name}\n".encode())

    dispatch[Named] = save_named

    def persistent_id(self, item: object) -> object:
        is_storage = isinstance(item, tuple) and item[:1] == ("storage",)
        return item if is_storage and len(item) == 6 else None


class Tensor:
    def __init__(self, storage_length: int, offset: int, shape: tuple, strides: tuple) -> None:
        storage = ("storage", Named("torch", "FloatStorage"), "7", "cpu", storage_length, None)
        self.arguments = (storage, offset, shape, strides, False, None)

    def __reduce__(self) -> tuple:
        return _rebuild, self.arguments


def _rebuild(*_: object) -> None: ...


def save_tensor(pickler: LegacyPickler, function: object) -> None:
    pickler.save_named(Named("torch._utils", "_rebuild_tensor_v2"))


LegacyPickler.dispatch[type(_rebuild)] = save_tensor


def legacy_file(state_dict: object, values: list[float]) -> bytes:
    file = io.BytesIO()
    machine = {"protocol_version": 1001, "little_endian": True}
    for part in (MAGIC_NUMBER, 1001, machine, state_dict, ["7"]):
        LegacyPickler(file, protocol=2).dump(part)
    file.write(struct.pack("<q", len(values)) + np.array(values, "<f4").tobytes())
    return file.getvalue()


def write_named(folder: Path, data: bytes) -> Path:
    path = folder / f"weights-{hashlib.sha256(data).hexdigest()[:8]}.pth"
    path.write_bytes(data)
    return path


def test_tensor_is_read_with_its_offset_and_strides(tmp_path):
    data = legacy_file({"w": Tensor(7, 1, (2, 3), (1, 2))}, [0, 1, 2, 3, 4, 5, 6])

    weights = read_state_dict(write_named(tmp_path, data))

    assert weights["w"].tolist() == [[1, 3, 5], [2, 4, 6]]


def test_tensor_beyond_its_storage_is_refused(tmp_path):
    data = legacy_file({"w": Tensor(4, 1, (4,), (1,))}, [0, 1, 2, 3])

    with pytest.raises(WeightsInvalid, match="beyond its storage"):
        read_state_dict(write_named(tmp_path, data))


def test_storage_cut_short_is_refused(tmp_path):
    data = legacy_file({"w": Tensor(4, 0, (4,), (1,))}, [0, 1, 2, 3])[:-1]

    with pytest.raises(WeightsInvalid, match="shorter or longer"):
        read_state_dict(write_named(tmp_path, data))


class RunsTouch:
    """Its pickle calls os.system when an ordinary unpickler reads it."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple:
        return os.system, (f"touch {self.target}",)


def test_code_in_the_file_is_refused_and_does_not_run(tmp_path):
    target = tmp_path / "it-ran"
    data = pickle.dumps(RunsTouch(target), protocol=2)
    pickle.loads(data)
    assert target.exists(), "the attack itself must work"
    target.unlink()

    with pytest.raises(WeightsInvalid, match=r"asks for posix\.system"):
        read_state_dict(write_named(tmp_path, data))

    assert not target.exists()


def test_changed_byte_is_refused(tmp_path):
    data = bytearray(legacy_file({"w": Tensor(4, 0, (4,), (1,))}, [0, 1, 2, 3]))
    path = write_named(tmp_path, bytes(data))
    data[-1] ^= 1
    path.write_bytes(data)

    with pytest.raises(WeightsInvalid, match="does not match the SHA-256"):
        read_state_dict(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", pickle.dumps(1, protocol=2), b"\x80\x02"])
def test_other_content_is_refused(tmp_path, content):
    with pytest.raises(WeightsInvalid):
        read_state_dict(write_named(tmp_path, content))


def test_missing_or_unsigned_file_is_refused(tmp_path):
    (tmp_path / "weights.pth").write_bytes(b"anything")

    with pytest.raises(WeightsInvalid, match="in its name"):
        read_state_dict(tmp_path / "weights.pth")
    with pytest.raises(WeightsInvalid, match="cannot be read"):
        read_state_dict(tmp_path / "weights-00000000.pth")
