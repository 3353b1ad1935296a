"""
Reads safetensors with nothing but the public description of the format: a length, a JSON header, the bytes. A sharded
checkpoint is read by its index.
"""

import json
import struct

import torch

DTYPES = {"F32": torch.float32, "F16": torch.float16}


def read_safetensors(path):
    if path.name.endswith(".index.json"):
        files = sorted(set(json.loads(path.read_text())["weight_map"].values()))
        return {name: tensor for file in files for name, tensor in read_safetensors(path.parent / file).items()}
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            values = torch.frombuffer(bytearray(body[begin:end]), dtype=DTYPES[entry["dtype"]])
            tensors[name] = values.reshape(entry["shape"])
    return tensors
