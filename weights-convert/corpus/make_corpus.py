"""
Makes the files that weights-convert is tested against, with what they must read as. Needs PyTorch 1.13 and NumPy
(Debian: python3-torch); the results are committed, so nothing else needs Python.

    /usr/bin/python3 weights-convert/corpus/make_corpus.py

torch/*.pt   what torch.save writes, both containers (zip-, legacy-); torch/expected.json: for every tensor in them its
             dtype, shape, stride, offset and its float32 bits, row-major, in base64.
pickle/protocol-*.pkl
             one object in protocols 0 to 5; pickle/decode-pickle.test.ts says what it is.
pickle/random-*.pkl
             a list of values made at random, in protocols 0 to 5, and as JSON in pickle/random.json.
numpy/*.npz  what numpy.savez and savez_compressed write; numpy/expected.json: as torch/expected.json, without strides.
half.json    SHA-256 of all 65,536 halves as NumPy widens them to float32.
"""

import base64
import collections
import hashlib
import json
import pathlib
import pickle
import random
import sys
import types
import warnings

import numpy as np
import torch

HERE = pathlib.Path(__file__).parent
warnings.filterwarnings("ignore")
torch.manual_seed(20261123)


def make_tensors():
    """Name → tensor, each in the layout its name says."""
    base = torch.randn(4, 6, 5, 3)
    specials = torch.tensor([0.0, -0.0, float("inf"), float("-inf"), float("nan"), 1e-45, 65504.0, 3.4e38, -1.5])
    tensors = {
        "contiguous": base,
        "channels_last": base.clone().contiguous(memory_format=torch.channels_last),
        "transposed": torch.randn(7, 9).t(),
        "permuted": torch.randn(2, 3, 4, 5).permute(3, 0, 2, 1),
        "sliced": torch.randn(10, 12)[2:9:3, 1:11:2],
        "view_with_offset": torch.arange(100, dtype=torch.float32)[40:60].view(4, 5),
        "expanded": torch.randn(1, 5).expand(6, 5),
        "expanded_inside": torch.randn(3, 1).expand(3, 4),
        "overlapping": torch.arange(20, dtype=torch.float32).as_strided((5, 4), (2, 1)),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(3, 0, 2),
        "one_by_one": torch.randn(8, 6, 1, 1),
        "float64": torch.randn(3, 4, dtype=torch.float64),
        "float16": torch.cat([specials, torch.randn(20)]).half(),
        "bfloat16": torch.cat([specials, torch.randn(20)]).bfloat16(),
        "float32_specials": specials,
        "int64": torch.tensor([[0, -1], [2**24, -(2**40)]]),
        "int32": torch.tensor([1, -2, 2**24], dtype=torch.int32),
        "int16": torch.tensor([1, -2, 32767], dtype=torch.int16),
        "int8": torch.tensor([1, -2, 127], dtype=torch.int8),
        "uint8": torch.tensor([1, 2, 255], dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
    }
    shared = torch.randn(12)
    tensors["shared_whole"] = shared
    tensors["shared_part"] = shared[4:8]
    tensors["tied"] = tensors["contiguous"]
    tensors["parameter"] = torch.nn.Parameter(torch.randn(3, 2))
    return collections.OrderedDict(tensors)


DTYPES = ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")


def make_element_types():
    """Every element type, laid out in every way; the four of a type but the last look into one storage."""
    tensors = {}
    for name in DTYPES:
        dtype = getattr(torch, name)
        values = torch.randn(24) * 40
        base = (values.abs() if name == "uint8" else values).to(dtype)
        tensors[f"{name} contiguous"] = base.view(4, 6)
        tensors[f"{name} transposed"] = base.view(4, 6).t()
        tensors[f"{name} part"] = base[5:21].view(2, 8)[:, 1::3]
        tensors[f"{name} expanded"] = base[3:6].view(3, 1).expand(3, 4)
        tensors[f"{name} channels last"] = base.clone().view(1, 2, 3, 4).contiguous(memory_format=torch.channels_last)
    return tensors


class Untyped:
    """A tensor as later versions of PyTorch write some: its storage counts bytes and its type is said beside it."""

    def __init__(self, tensor):
        self.tensor = tensor

    def __reduce__(self):
        tensor = self.tensor
        storage, hooks = tensor.storage()._storage, collections.OrderedDict()
        geometry = (tensor.storage_offset(), tuple(tensor.size()), tensor.stride())
        return torch._utils._rebuild_tensor_v3, (storage, *geometry, False, hooks, tensor.dtype)


def _rebuild_tensor_v3(storage, offset, size, stride, requires_grad, hooks, dtype, metadata=None):
    raise NotImplementedError("named in the files, never called")


# 1.13 has no function of that name, and its pickler looks for what it names.
_rebuild_tensor_v3.__module__ = "torch._utils"
torch._utils._rebuild_tensor_v3 = _rebuild_tensor_v3


class Layer(torch.nn.Module):
    def __init__(self, weight):
        super().__init__()
        self.weight = weight
        self.register_buffer("mean", torch.randn(3))
        self.register_buffer("step", torch.tensor(7))


class Net(torch.nn.Module):
    """Two layers with one weight between them, and a parameter with an attribute of its own."""

    def __init__(self):
        super().__init__()
        weight = torch.nn.Parameter(torch.randn(2, 3, 3, 3).contiguous(memory_format=torch.channels_last))
        self.first, self.second = Layer(weight), Layer(weight)
        self.scale = torch.nn.Parameter(torch.randn(4).half())


def describe(tensor):
    tensor = tensor.detach()
    with np.errstate(over="ignore"):
        values = tensor.to(torch.float32) if tensor.dtype != torch.float64 else tensor
        floats = np.ascontiguousarray(values.contiguous().numpy().astype("<f4"))
    return {
        "dtype": str(tensor.dtype).replace("torch.", ""),
        "shape": list(tensor.shape),
        "stride": list(tensor.stride()),
        "offset": tensor.storage_offset(),
        "float32": base64.b64encode(floats.tobytes()).decode(),
    }


def write_torch():
    folder = HERE / "torch"
    folder.mkdir(exist_ok=True)
    tensors = make_tensors()
    nested = {"list": [torch.randn(2, 2), ("text", torch.ones(3))], "number": 3, "none": None, "by int": {1: torch.zeros(2)}}
    expected = {
        "state-dict": {name: describe(tensor) for name, tensor in tensors.items()},
        "nested": {
            'root["list"][0]': describe(nested["list"][0]),
            'root["list"][1][1]': describe(nested["list"][1][1]),
            'root["by int"][...]': describe(nested["by int"][1]),
        },
    }
    types, module = make_element_types(), Net()
    expected["element-types"] = {name: describe(tensor) for name, tensor in types.items()}
    expected["untyped"] = expected["element-types"]
    expected["module"] = {name: describe(tensor) for name, tensor in module.state_dict().items()}
    untyped = {name: Untyped(tensor) for name, tensor in types.items()}
    for name, value in (
        ("state-dict", tensors),
        ("nested", nested),
        ("element-types", types),
        ("untyped", untyped),
        ("module", module),
        ("complex", {"a": torch.ones(2), "b": torch.ones(2, dtype=torch.complex64)}),
        ("quantised", {"a": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.quint8)}),
    ):
        torch.save(value, folder / f"zip-{name}.pt")
        torch.save(value, folder / f"legacy-{name}.pt", _use_new_zipfile_serialization=False)
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


class Point:
    def __init__(self):
        self.x = 1
        self.label = "p"


Point.__module__ = "geometry"
Point.__qualname__ = "Point"


def write_pickles():
    folder = HERE / "pickle"
    folder.mkdir(exist_ok=True)
    shared = ["shared"]
    value = {
        "integers": [0, 1, 255, 256, 65535, 65536, -1, 2**31 - 1, -(2**31), 2**53, 2**100, -(2**100)],
        "floats": [0.0, 1.5, -2.25, 1e300],
        "text": ["", "plain", "ünï ☃ 𝄞", "line\nbreak \\ back", "\x00"],
        "bytes": b"\x00\x01\xfe\xff",
        "constants": [None, True, False],
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "shared": [shared, shared],
        "set": {7},
        "ordered": collections.OrderedDict([("b", 1), ("a", 2)]),
        "long text": "x" * 300,
        "point": Point(),
    }
    cyclic = []
    cyclic.append(cyclic)
    value["cyclic"] = cyclic

    # Found under this name by the pickler, and nowhere by a reader.
    module = types.ModuleType("geometry")
    module.Point = Point
    sys.modules["geometry"] = module
    for protocol in range(6):
        (folder / f"protocol-{protocol}.pkl").write_bytes(pickle.dumps(value, protocol=protocol))


def make_value(chance, depth=0):
    kind = chance.randrange(9 if depth < 4 else 6)
    if kind == 0:
        return chance.choice([None, True, False])
    if kind == 1:
        return chance.choice([1, -1]) * chance.getrandbits(chance.choice([1, 8, 9, 16, 17, 31, 32, 53]))
    if kind == 2:
        return chance.choice([1, -1]) * chance.random() * 10.0 ** chance.randrange(-300, 300)
    if kind in (3, 4, 5):
        return "".join(chr(chance.choice([9, 10, 39, 92, 97, 233, 9731, 119070, 1])) for _ in range(chance.randrange(9)))
    items = [make_value(chance, depth + 1) for _ in range(chance.randrange(6))]
    if kind == 8:
        return {str(chance.getrandbits(20)): item for item in items}
    return items if kind == 6 else tuple(items)


def write_random_pickles():
    chance = random.Random(20261123)
    values = [make_value(chance) for _ in range(300)]
    folder = HERE / "pickle"
    (folder / "random.json").write_text(json.dumps(values) + "\n")
    for protocol in range(6):
        (folder / f"random-{protocol}.pkl").write_bytes(pickle.dumps(values, protocol=protocol))


def write_numpy():
    folder = HERE / "numpy"
    folder.mkdir(exist_ok=True)
    random = np.random.default_rng(20261123)
    base = random.standard_normal((2, 3, 4, 5), dtype=np.float32)
    arrays = {
        "blocks.input.w": base,
        "fortran": np.asfortranarray(base),
        "transposed": base.transpose(3, 1, 0, 2),
        "big_endian": base.astype(">f4"),
        "scalar": np.float32(2.5),
        "empty": np.zeros((3, 0), np.float32),
        "float64": random.standard_normal((3, 4)),
        "float16": random.standard_normal(5).astype(np.float16),
        "big_endian_fortran_float16": np.asfortranarray(random.standard_normal((3, 2)).astype(">f2")),
        "int64": np.array([[0, -1], [2**24, -(2**40)]]),
        "int32": np.array([1, -2, 2**24], np.int32),
        "int16": np.array([1, -2, 32767], np.int16),
        "int8": np.array([1, -2, 127], np.int8),
        "uint8": np.array([1, 2, 255], np.uint8),
        "bool": np.array([True, False, True]),
        "folder/name": np.ones(2, np.float32),
    }
    np.savez(folder / "stored.npz", **arrays)
    np.savez_compressed(folder / "compressed.npz", a=base)
    np.savez(folder / "objects.npz", good=base, bad=np.array([{"an": "object"}], dtype=object))
    expected = {}
    for name, array in arrays.items():
        floats = np.asarray(array).astype("<f4").tobytes()
        expected[name] = {"shape": list(np.shape(array)), "float32": base64.b64encode(floats).decode()}
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def write_halves():
    halves = np.arange(65536, dtype="<u2").view("<f2")
    digest = hashlib.sha256(halves.astype("<f4").tobytes()).hexdigest()
    (HERE / "half.json").write_text(json.dumps({"sha256 of all halves as float32": digest}, indent=1) + "\n")


if __name__ == "__main__":
    write_torch()
    write_pickles()
    write_random_pickles()
    write_numpy()
    write_halves()
