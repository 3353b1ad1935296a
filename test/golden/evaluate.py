"""What every golden measures: PyTorch in float32 and in float64, on the same weights, and how far the two are apart.

`golden.json` of a folder holds provenance, these errors and the SHA-256 of each file; arrays are plain .npy, C order.
"""

import copy
import datetime
import hashlib
import json
import os
import platform
import sys

import numpy as np
import PIL
import torch
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))


def run_both(net, x):
    """The float32 and the float64 result of `net` on the same float32 values, both as NumPy arrays."""
    with torch.no_grad():
        single = net(x)
        double = copy.deepcopy(net).double()(x.double())
    return single.numpy(), double.numpy()


def map_pixels(x):
    """[0, 1] to [0.1, 0.9] in float32, as the official code does before encoding."""
    return 0.8 * x + 0.1


def to_picture(decoded):
    """Statistics [6, H, W] to a uint8 picture [H, W, 3]: sigmoid, unmap_pixels, rounded (not truncated)."""
    mean = 1 / (1 + np.exp(-decoded[:3].astype(np.float64)))
    return np.rint(np.clip((mean - 0.1) / 0.8, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)


def read_picture(path):
    """A PNG as float32 [1, 3, H, W] in [0, 1]."""
    pixels = np.asarray(Image.open(path).convert("RGB"), dtype=np.uint8)
    return torch.from_numpy(pixels.transpose(2, 0, 1)[None].astype(np.float32) / 255)


def one_hot(tokens, vocab_size):
    """Tokens [B, h, w] to float32 [B, vocab_size, h, w]."""
    codes = torch.from_numpy(tokens.astype(np.int64))
    return torch.nn.functional.one_hot(codes, vocab_size).permute(0, 3, 1, 2).float()


def top_two_gap(logits):
    """How much the best logit of each position exceeds the second: [B, V, h, w] to float32 [B, h, w]."""
    best = np.sort(np.partition(logits, -2, axis=1)[:, -2:], axis=1)
    return (best[:, 1] - best[:, 0]).astype(np.float32)


def compare(single, double):
    """Largest absolute error of float32 and the range it occurs in: what a test multiplies by 16."""
    return {
        "maxError": float(np.abs(single.astype(np.float64) - double).max()),
        "min": float(double.min()),
        "max": float(double.max()),
        "rms": float(np.sqrt(np.mean(np.square(double)))),
    }


def hash_weights(net):
    """Names nothing but the values: SHA-256 over all tensors in state-dict order, C order, little-endian float32."""
    digest = hashlib.sha256()
    for tensor in net.state_dict().values():
        digest.update(np.ascontiguousarray(tensor.numpy()).astype("<f4").tobytes())
    values = net.state_dict().values()
    return {"tensors": len(values), "parameters": sum(t.numel() for t in values), "sha256": digest.hexdigest()}


def hash_file(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def write_record(folder, script, record):
    """Writes golden.json last: who made the folder's files, the record, and the hash of every other file there."""
    names = sorted(name for name in os.listdir(folder) if name != "golden.json")
    whole = {
        "command": f"/usr/bin/python3 test/golden/{script}",
        "date": datetime.date.today().isoformat(),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "pillow": PIL.__version__,
            "byteorder": sys.byteorder,
            "machine": platform.machine(),
        },
        **record,
        "sha256": {name: hash_file(os.path.join(folder, name)) for name in names},
    }
    with open(os.path.join(folder, "golden.json"), "w", encoding="utf-8") as file:
        json.dump(whole, file, indent=1)
        file.write("\n")
