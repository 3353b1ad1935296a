"""
Checks with PyTorch what `dalle-gl export` wrote: every file opens with weights_only=True, holds bit for bit what the
model folder holds, and loads into modules of the official shapes. Needs PyTorch 1.13 or newer.

    /usr/bin/python3 weights-convert/corpus/check_export.py MODEL_FOLDER EXPORTED_FOLDER

Prints one line for each checkpoint. The modules have OpenAI's names and shapes, and no arithmetic.
"""

import json
import pathlib
import sys

import torch
from torch import nn

from read_safetensors import read_safetensors


class Convolution(nn.Module):
    def __init__(self, inputs, outputs, kernel):
        super().__init__()
        self.w = nn.Parameter(torch.empty(outputs, inputs, kernel, kernel))
        self.b = nn.Parameter(torch.empty(outputs))


def nest(**children):
    module = nn.Module()
    for name, child in children.items():
        module.add_module(name, child)
    return module


def make_dvae(kind, n_hid, n_blk_per_group, vocab_size, group_count, **sizes):
    """An encoder or decoder with the parameters of OpenAI's class."""
    is_encoder = kind == "dvae-encoder"
    kernels = (3, 3, 3, 1) if is_encoder else (1, 3, 3, 3)
    inputs, first, kernel = (sizes["input_channels"], n_hid, 7) if is_encoder else (vocab_size, sizes["n_init"], 1)
    blocks, channels = nest(input=Convolution(inputs, first, kernel)), first
    for group in range(1, group_count + 1):
        outputs = n_hid * 2 ** (group - 1 if is_encoder else group_count - group)
        members = {}
        for number in range(1, n_blk_per_group + 1):
            widths = [channels, outputs // 4, outputs // 4, outputs // 4, outputs]
            path = {
                f"conv_{i + 1}": Convolution(widths[i], widths[i + 1], kernels[i]) for i in range(4)
            }
            skip = {} if channels == outputs else {"id_path": Convolution(channels, outputs, 1)}
            members[f"block_{number}"] = nest(**skip, res_path=nest(**path))
            channels = outputs
        blocks.add_module(f"group_{group}", nest(**members))
    outputs = vocab_size if is_encoder else 2 * sizes["output_channels"]
    blocks.add_module("output", nest(conv=Convolution(channels, outputs, 1)))
    return nest(blocks=blocks)


def check(part, manifest, folder, exported):
    stored = read_safetensors(folder / manifest["files"][0]["name"])
    loaded = torch.load(exported / f"{part}.pt", weights_only=True)
    architecture = manifest["architecture"]
    if part == "transformer":
        own = architecture["names"] == "dalle-gl"
        stated, state = (loaded["config"], loaded["state_dict"]) if own else (loaded["hparams"], loaded["weights"])
        assert stated["dim"] == architecture["dim"] and stated["depth"] == architecture["depth"], stated
    else:
        state = loaded
        module = make_dvae(**architecture).to(next(iter(stored.values())).dtype)
        print(f"{part}: {module.load_state_dict(state)}")
    assert state.keys() == stored.keys(), set(state) ^ set(stored)
    for name, tensor in stored.items():
        got = state[name]
        assert got.dtype == tensor.dtype and got.shape == tensor.shape, name
        bits = torch.int16 if tensor.dtype == torch.float16 else torch.int32
        assert torch.equal(got.view(bits), tensor.view(bits)), name
    print(f"{part}: {len(stored)} tensors, bit for bit")


def main(folder, exported):
    manifest = json.loads((folder / "model.json").read_text())
    for part in ("encoder", "decoder", "transformer"):
        if part in manifest["parts"]:
            check(part, manifest["parts"][part], folder, exported)


main(*map(pathlib.Path, sys.argv[1:]))
