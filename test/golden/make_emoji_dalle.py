"""Measures how far float32 is from float64 on the transformer of models/emoji, whose weights are halves.

    /usr/bin/python3 test/golden/make_emoji_dalle.py

What the two must compute is in test/data/emoji-dalle/reference.safetensors, made by another script with another
definition of the net: this one must agree with it before the errors are written to emoji-dalle/golden.json. Only the
logits that the reference holds count. About 10 s.
"""

import json
import os
import struct

import numpy as np
import torch
from evaluate import HERE, compare, hash_file, write_record
from make_transformers import compute_logits

FOLDER = os.path.join(HERE, "emoji-dalle")
MODEL = os.path.join(HERE, "..", "..", "models", "emoji")
REFERENCE = os.path.join(HERE, "..", "data", "emoji-dalle", "reference.safetensors")
KINDS = {"F16": np.float16, "F32": np.float32, "I32": np.int32}


def read_safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    arrays = {}
    for name, entry in header.items():
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        arrays[name] = np.frombuffer(data[begin:end], KINDS[entry["dtype"]]).reshape(entry["shape"])
    return arrays


if __name__ == "__main__":
    weights_file = os.path.join(MODEL, "transformer.safetensors")
    with open(os.path.join(MODEL, "model.json"), encoding="utf-8") as file:
        shape = json.load(file)["parts"]["transformer"]["architecture"]
    weights = {name: torch.from_numpy(array.copy()) for name, array in read_safetensors(weights_file).items()}
    reference = read_safetensors(REFERENCE)
    text, image = (torch.from_numpy(reference[name].astype(np.int64)) for name in ("text_tokens", "image_tokens"))

    def compute(dtype):
        cast = {name: tensor.to(dtype) for name, tensor in weights.items()}
        with torch.no_grad():
            text_logits, image_logits = compute_logits(shape, cast, torch.zeros(0, 0), text, image)
        return text_logits.numpy(), image_logits.numpy()[:, reference["image_positions"]]

    single, double = compute(torch.float32), compute(torch.float64)
    for name, ours in zip(("text_logits", "image_logits"), double):
        assert np.abs(ours - reference[f"half.{name}"]).max() < 1e-5, name  # it is stored in float32
    record = {
        "what": "the transformer of models/emoji: how far float32 is from float64",
        "weightsSha256": hash_file(weights_file),
        "referenceSha256": hash_file(REFERENCE),
        "errors": {"textLogits": compare(single[0], double[0]), "imageLogits": compare(single[1], double[1])},
    }
    os.makedirs(FOLDER, exist_ok=True)
    write_record(FOLDER, "make_emoji_dalle.py", record)
    print(record["errors"])
