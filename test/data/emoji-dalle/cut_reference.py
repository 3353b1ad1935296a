#!/usr/bin/python3
"""Makes reference.safetensors: what the emoji transformer must compute, small enough for the repository.

Usage: cut_reference.py FOLDER      (with transformer.pt, reference.json and reference.npz of the checkpoint)

Two references, each for two captions whose pictures are swapped so that nothing is an easy match:
  *        as the checkpoint's own makers computed them in float32, with float32 weights: cut from reference.npz
  half.*   computed here in float64 from the weights rounded to halves, the ones that ship; every greedy step by
           feeding the whole sequence again, without a cache
Before anything is written, the net below must agree with the first reference. Logits of 36 of the 256 image positions
are kept: the first row and one more, then every 13th, so that each column and the last row occur.

Needs PyTorch 1.13 and NumPy. The layout of safetensors is public: a length, a JSON header, the bytes.
"""
import json
import struct
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import embedding, gelu, layer_norm, linear

POSITIONS = [*range(17), *range(20, 256, 13)]  # the last is 254


def make_mask(kind, text, grid, kernel):
    """Which keys [query, key] are seen: causal, all of the text, and among image tokens what the kind says."""
    rows, columns = grid
    image = torch.arange(rows * columns)
    query, key = image[:, None], image[None, :]
    down, right = query // columns - key // columns, (query % columns - key % columns).abs()
    near = {
        "full": torch.ones_like(down, dtype=torch.bool),
        "row": query - key <= columns,
        "column": right == 0,
        "conv": (down <= kernel // 2) & (right <= kernel // 2),
    }[kind]
    length = text + rows * columns
    mask = torch.ones(length, length, dtype=torch.bool).tril()
    mask[text:, text:] &= near
    return mask


def compute_logits(config, weights, text, image):
    """Text [B, T] and image tokens [B, n] -> logits of text [B, T - 1, vocabulary] and of image tokens [B, n', 1024],
    where n' counts the given tokens and the one behind them, up to the end of the grid."""
    length, (rows, columns) = config["text_length"], config["grid"]
    place = torch.arange(image.shape[1])
    x = torch.cat(
        [
            embedding(text, weights["text_embedding.weight"]) + weights["text_position.weight"],
            embedding(image, weights["image_embedding.weight"])
            + weights["image_row.weight"][place // columns]
            + weights["image_column.weight"][place % columns],
        ],
        1,
    )[:, : length + rows * columns - 1]
    batch, count, dim = x.shape
    heads = config["heads"]

    def norm(name, value):
        return layer_norm(value, (dim,), weights[f"{name}.weight"], weights[f"{name}.bias"])

    def product(name, value):
        return linear(value, weights[f"{name}.weight"], weights[f"{name}.bias"])

    for layer, kind in enumerate(config["attention"]):
        name = f"layers.{layer}"
        qkv = product(f"{name}.attention.qkv", norm(f"{name}.attention_norm", x))
        q, k, v = qkv.view(batch, count, 3, heads, -1).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
        mask = make_mask(kind, length, config["grid"], config["conv_kernel"])[:count, :count]
        mixed = scores.masked_fill(~mask, -torch.inf).softmax(-1) @ v
        x = x + product(f"{name}.attention.out", mixed.transpose(1, 2).reshape(batch, count, dim))
        x = x + product(f"{name}.mlp.down", gelu(product(f"{name}.mlp.up", norm(f"{name}.mlp_norm", x))))
    x = norm("final_norm", x)
    return product("text_head", x[:, : length - 1]), product("image_head", x[:, length - 1 :])


def draw_greedily(config, weights, text):
    """The likeliest tokens [B, 256] one by one, and how far the second best logit was behind each."""
    tokens, gaps = torch.zeros(len(text), 0, dtype=torch.int64), []
    for _ in range(config["grid"][0] * config["grid"][1]):
        best = compute_logits(config, weights, text, tokens)[1][:, -1].topk(2)
        tokens = torch.cat([tokens, best.indices[:, :1]], 1)
        gaps.append(best.values[:, 0] - best.values[:, 1])
    return tokens, torch.stack(gaps, 1)


def write_safetensors(path, arrays):
    kinds = {"float32": "F32", "int32": "I32"}
    header, data = {}, b""
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        end = len(data) + array.nbytes
        header[name] = {"dtype": kinds[array.dtype.name], "shape": array.shape, "data_offsets": [len(data), end]}
        data += array.tobytes()
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + data)


def main(folder):
    here = Path(__file__).parent
    checkpoint = torch.load(Path(folder) / "transformer.pt")
    config, weights = checkpoint["config"], checkpoint["state_dict"]
    reference = dict(np.load(Path(folder) / "reference.npz"))
    text, image = (torch.from_numpy(reference[name]) for name in ("text_tokens", "image_tokens"))

    def as_doubles(round_weights):
        return {name: round_weights(tensor).double() for name, tensor in weights.items()}

    for name, ours in zip(("text_logits", "image_logits"), compute_logits(config, as_doubles(lambda t: t), text, image)):
        difference = np.abs(ours.numpy() - reference[name]).max()
        print(f"{name}: at most {difference:.2e} from the makers' reference")
        assert difference < 1e-3, "the net above is not the one that was trained"

    halves = as_doubles(lambda t: t.half())
    text_logits, image_logits = compute_logits(config, halves, text, image)
    greedy, gap = draw_greedily(config, halves, text)
    arrays = {
        "image_positions": np.array(POSITIONS),
        "text_tokens": reference["text_tokens"],
        "image_tokens": reference["image_tokens"],
        "text_logits": reference["text_logits"],
        "image_logits": reference["image_logits"][:, POSITIONS],
        "greedy": reference["greedy"],
        "greedy_gap": reference["greedy_gap"],
        "half.text_logits": text_logits.numpy(),
        "half.image_logits": image_logits[:, POSITIONS].numpy(),
        "half.greedy": greedy.numpy(),
        "half.greedy_gap": gap.numpy(),
    }
    for name in ("text_logits", "image_logits"):
        print(f"{name}: halves are at most {np.abs(arrays['half.' + name] - arrays[name]).max():.2e} from float32")
    print("greedy tokens that halves change:", int((arrays["half.greedy"] != arrays["greedy"]).sum()))
    print("smallest gap:", arrays["greedy_gap"].min(), arrays["half.greedy_gap"].min())
    narrow = {"int64": np.int32, "float64": np.float32}
    narrowed = {name: array.astype(narrow.get(array.dtype.name, array.dtype)) for name, array in arrays.items()}
    write_safetensors(here / "reference.safetensors", narrowed)
    facts = json.loads((Path(folder) / "reference.json").read_text())
    (here / "reference.json").write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n")


with torch.no_grad():
    torch.set_num_threads(2)
    main(sys.argv[1])
