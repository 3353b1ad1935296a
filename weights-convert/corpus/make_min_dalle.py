"""
Makes tiny checkpoints in the form of kuprel/min-dalle's files, whose code is not used: two state dicts of halves, in
the names of its two classes, without the weights of norms that its files lack. Needs PyTorch 1.13; the results are
committed.

    /usr/bin/python3 weights-convert/corpus/make_min_dalle.py

Element i of the tensor called `name` is (crc32(name) + 7919 · i) mod 2048 − 1024, which halves hold exactly.
"""

import pathlib
import zlib

import torch

HERE = pathlib.Path(__file__).parent / "min-dalle"
DIM, GLU, LAYERS, WORDS, TEXT_LENGTH, IMAGE_ROWS, PLACES = 64, 10, 2, 29, 8, 25, 9


def list_attention(layer, name):
    products = {f"{layer}.{name}.{part}_proj.weight": (DIM, DIM) for part in "kvq"}
    products[f"{layer}.{name}.out_proj.weight"] = (DIM, DIM)
    norms = {f"{layer}.{name}_layer_norm.weight": (DIM,), f"{layer}.{name}_layer_norm.bias": (DIM,)}
    return {f"{layer}.pre_{name}_layer_norm.bias": (DIM,), **products, **norms}


def list_shapes(rows, positions, is_decoder):
    shapes = {"embed_tokens.weight": (rows, DIM), "embed_positions.weight": (positions, DIM)}
    for index in range(LAYERS):
        layer = f"layers.{index}"
        shapes.update(list_attention(layer, "self_attn"))
        if is_decoder:
            shapes.update(list_attention(layer, "encoder_attn"))
        shapes.update({f"{layer}.glu.ln0.bias": (DIM,), f"{layer}.glu.ln1.bias": (GLU,)})
        shapes.update({f"{layer}.glu.fc{i}.weight": (GLU, DIM) for i in (0, 1)})
        shapes[f"{layer}.glu.fc2.weight"] = (DIM, GLU)
    shapes.update({"layernorm_embedding.weight": (DIM,), "layernorm_embedding.bias": (DIM,), "final_ln.bias": (DIM,)})
    if is_decoder:
        shapes["lm_head.weight"] = (rows, DIM)
    return shapes


def fill(name, shape):
    count = torch.Size(shape).numel()
    values = (zlib.crc32(name.encode()) + 7919 * torch.arange(count)) % 2048 - 1024
    return values.half().view(shape)


HERE.mkdir(exist_ok=True)
for half, rows, positions in (("encoder", WORDS, TEXT_LENGTH), ("decoder", IMAGE_ROWS, PLACES)):
    shapes = list_shapes(rows, positions, half == "decoder")
    assert len(shapes) == (19 * LAYERS + 6 if half == "decoder" else 12 * LAYERS + 5)
    torch.save({name: fill(name, shape) for name, shape in shapes.items()}, HERE / f"{half}.pt")
