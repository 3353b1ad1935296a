"""
Checks with PyTorch what `dalle-gl convert` wrote: a reader of twenty lines finds in the model folder, bit for bit, what
torch.load finds in the checkpoint. Needs PyTorch 1.13 or newer, and OpenAI's classes under test/golden.

    /usr/bin/python3 weights-convert/corpus/check_converted.py MODEL_FOLDER PART=CHECKPOINT...

PART is encoder, decoder or transformer. Halves are compared with PyTorch's own rounding. Loads checkpoints as
Python does, which runs what is in it: only for files of this repository.
"""

import json
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "test/golden"))

from read_safetensors import read_safetensors  # noqa: E402


def load_state(checkpoint):
    loaded = torch.load(checkpoint, map_location="cpu")
    if isinstance(loaded, torch.nn.Module):
        return loaded.state_dict()
    return loaded.get("weights", loaded)


def check(folder, part, checkpoint):
    files = json.loads((folder / "model.json").read_text())["parts"][part]["files"]
    # Of a sharded part the index comes last.
    converted, state = read_safetensors(folder / files[-1]["name"]), load_state(checkpoint)
    for name, tensor in converted.items():
        wanted = state[name].detach().to(tensor.dtype)
        bits = torch.int16 if tensor.dtype == torch.float16 else torch.int32
        assert tensor.shape == wanted.shape, name
        assert torch.equal(tensor.view(bits), wanted.contiguous().view(bits)), name
    print(f"{part}: {len(converted)} of {len(state)} tensors, bit for bit")


for argument in sys.argv[2:]:
    check(pathlib.Path(sys.argv[1]), *argument.split("=", 1))
