"""Makes the golden of CLIP ViT-B/32 at its full size: generated weights, PyTorch in float32 and float64.

    git clone https://github.com/openai/CLIP && git -C CLIP checkout d05afc4
    /usr/bin/python3 test/golden/make_clip_size.py CLIP         # half a minute, 3 GB

The weights follow the recipe in scripts/full-size/clip.mjs, worked out here a second time in NumPy, and are not stored:
the hash in golden.json says whether another generator made the same bits. Two pictures: docs/pictures/astronaut.png as
CLIP prepares it, and the same numbers in reverse. Two texts: a short one, and one that fills its row.
"""

import hashlib
import os
import sys
import zlib

import numpy as np
import torch
from evaluate import HERE, compare, write_record
from make_clip import COMMIT, FULL_SIZES, MEAN, STD, compute, import_clip, resize_and_crop
from PIL import Image

FOLDER = os.path.join(HERE, "clip-size")
PICTURE = os.path.join(os.path.dirname(os.path.dirname(HERE)), "docs", "pictures", "astronaut.png")


def mix(x):
    """The recipe's hash on uint32 arrays, in place, modulo 2^32."""
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    return x


def generate(name, shape):
    """One tensor, float32."""
    if name == "logit_scale":
        return np.array(4.5, np.float32)
    length = int(np.prod(shape))
    stream = mix(np.array([zlib.crc32(f"clip.{name}".encode())], np.uint32))
    h = mix(mix(np.arange(length, dtype=np.uint32) ^ stream) + stream)
    k = (h >> np.uint32(21)).astype(np.int32) - 1024
    if name.endswith("weight") and "ln_" in name:
        values = (k // 2 + 1024) / 1024
    elif name.endswith("bias"):
        values = k * 2.0**-13
    elif "embedding" in name:
        values = k * 2.0**-11
    else:
        inputs = shape[0] if name.endswith(("proj", "projection")) else int(np.prod(shape[1:]))
        values = k * 2.0 ** (-10 - next(e for e in range(32, -33, -1) if 3 * 4.0**e <= 2 * inputs))
    return values.astype(np.float32).reshape(shape)


def prepare(path):
    pixels = np.asarray(resize_and_crop(Image.open(path), 224)).transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
    shape = (1, 3, 1, 1)
    return (pixels - np.array(MEAN, np.float32).reshape(shape)) / np.array(STD, np.float32).reshape(shape)


if __name__ == "__main__":
    torch.set_num_threads(2)
    sizes, tensors, parameters = FULL_SIZES["ViT-B/32"]
    model = import_clip(sys.argv[1]).model.CLIP(*sizes).eval()
    state = model.state_dict()
    assert (len(state), sum(t.numel() for t in state.values())) == (tensors, parameters)
    digest = hashlib.sha256()
    for name in sorted(state):
        values = generate(name, tuple(state[name].shape))
        digest.update(values.astype("<f4").tobytes())
        state[name].copy_(torch.from_numpy(values))
    first = prepare(PICTURE)
    pixels = torch.from_numpy(np.concatenate([first, np.ascontiguousarray(first.reshape(-1)[::-1]).reshape(first.shape)]))
    text = torch.zeros(2, 77).long()
    text[0, :5] = torch.tensor([49406, 736, 2368, 320, 49407])
    text[1] = torch.arange(77) * 601 % 49406
    text[1, 0], text[1, 76] = 49406, 49407
    single, double = compute(model, pixels, text)
    os.makedirs(FOLDER, exist_ok=True)
    np.save(os.path.join(FOLDER, "text.npy"), text.numpy().astype(np.int32))
    for key in ("imageFeatures", "textFeatures"):
        np.save(os.path.join(FOLDER, f"{key}.f64.npy"), double[key])
    record = {
        "what": f"CLIP ViT-B/32 of openai/CLIP's classes at {COMMIT}, generated weights: vectors of two pictures and two texts",
        "commit": COMMIT,
        "weightsSha256": digest.hexdigest(),
        "errors": {key: compare(single[key], double[key]) for key in ("imageFeatures", "textFeatures")},
    }
    write_record(FOLDER, "make_clip_size.py CLIP", record)
    print(record["weightsSha256"], record["errors"], np.std(double["imageFeatures"]), double["logits"])
