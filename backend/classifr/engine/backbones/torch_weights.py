"""Weights out of a legacy `torch.save` file, without torch and without running what is in it.

The file is a row of pickles (magic number, version, machine, the state dict, the storages' keys),
then each storage as its length and raw values, in the order of the keys.
"""

import hashlib
import io
import pickle
import re
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

StateDict: TypeAlias = dict[str, NDArray[Any]]

_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
_VERSION = 1001


class WeightsInvalid(Exception):
    """The weights file is damaged, or is not what it says it is."""


def read_state_dict(path: Path) -> StateDict:
    """Every tensor of the file by name.

    The file name ends in the first digits of its SHA-256, by torch's convention:
    `name-57934424.pth`.
    Raises: WeightsInvalid.
    """
    try:
        data = path.read_bytes()
        _check_digest(path.name, data)
        return _parse(io.BytesIO(data))
    except WeightsInvalid:
        raise
    except Exception as error:  # A missing file, or a pickle, which can fail in any way.
        raise WeightsInvalid(f"{path.name} cannot be read: {error}") from error


def _check_digest(file_name: str, data: bytes) -> None:
    named = re.search(r"-([0-9a-f]{8,64})\.\w+$", file_name)
    if named is None:
        raise WeightsInvalid(f"{file_name} does not carry its SHA-256 in its name")
    if not hashlib.sha256(data).hexdigest().startswith(named[1]):
        raise WeightsInvalid(f"{file_name} does not match the SHA-256 in its name")


@dataclass(frozen=True)
class _Storage:
    key: str
    dtype: np.dtype[Any]
    length: int


@dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int  #: In items, as are the strides.
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def view(self, values: NDArray[Any]) -> NDArray[Any]:
        """This tensor's part of its storage."""
        last = self.offset + sum(
            (length - 1) * stride for length, stride in zip(self.shape, self.strides, strict=True)
        )
        if min(self.offset, *self.strides, 0) < 0 or last >= values.size:
            raise WeightsInvalid("a tensor reaches beyond its storage")
        strides = tuple(stride * values.itemsize for stride in self.strides)
        return np.lib.stride_tricks.as_strided(values[self.offset :], self.shape, strides)


def _rebuild_tensor(
    storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> _Tensor:
    return _Tensor(storage, offset, shape, strides)


class _StateDictUnpickler(pickle.Unpickler):
    """Knows four names and refuses every other, so a pickle can build tensors and nothing else."""

    _ALLOWED = {
        ("collections", "OrderedDict"): OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
        ("torch", "FloatStorage"): np.dtype("<f4"),
        ("torch", "LongStorage"): np.dtype("<i8"),
    }

    def find_class(self, module_name: str, global_name: str) -> Any:
        try:
            return self._ALLOWED[module_name, global_name]
        except KeyError:
            raise WeightsInvalid(f"the file asks for {module_name}.{global_name}") from None

    def persistent_load(self, pid: Any) -> _Storage:
        _kind, dtype, key, _location, length, _view = pid
        return _Storage(key, dtype, length)


def _parse(file: BinaryIO) -> StateDict:
    def load() -> Any:
        return _StateDictUnpickler(file).load()

    if load() != _MAGIC_NUMBER or load() != _VERSION:
        raise WeightsInvalid("this is not a legacy torch.save file")
    machine = load()
    if not machine["little_endian"]:
        raise WeightsInvalid("the file is big-endian")
    tensors: dict[str, _Tensor] = load()
    storages = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    values = {key: _read_storage(file, storages[key]) for key in load()}
    return {name: tensor.view(values[tensor.storage.key]) for name, tensor in tensors.items()}


def _read_storage(file: BinaryIO, storage: _Storage) -> NDArray[Any]:
    length = int.from_bytes(file.read(8), "little")
    data = file.read(length * storage.dtype.itemsize)
    if length != storage.length or len(data) != length * storage.dtype.itemsize:
        raise WeightsInvalid("a storage is shorter or longer than announced")
    return np.frombuffer(data, storage.dtype)
