"""Makes the goldens of transformer/: small transformers of every family, in float32 and float64.

    /usr/bin/python3 test/golden/make_transformers.py

Random weights, rounded to halves so that their file is small and float32 holds them exactly. Own definitions in plain
torch: attention is a dense matrix under a mask of booleans, and the mask is filled cell by cell from the rule in words
(the paper's appendix B.1, and what DALLE-pytorch and ruDALL-E do otherwise). The rules are checked on 4×4 grids
written by hand before anything is made. There is no cache here: every result is of a whole sequence.
"""

import functools
import json
import os
import struct

import numpy as np
import torch
from evaluate import HERE, compare, write_record
from torch.nn.functional import gelu, layer_norm, linear

FOLDER = os.path.join(HERE, "transformer")
SEED = 20261123
SEQUENCES = 2


# --- masks


def neighbours(kind, grid, kernel, edges, row, column):
    """The cells (row, column) of the image that the cell sees, future ones too: the rule, before causality."""
    rows, columns = grid
    cells = [(r, c) for r in range(rows) for c in range(columns)]
    half = kernel // 2
    if kind == "full":
        return set(cells)
    if kind == "row":  # the last W of the raster, and itself
        place = row * columns + column
        return {(p // columns, p % columns) for p in range(max(0, place - columns), place + 1)}
    if kind == "column":
        return {(r, column) for r in range(rows)}
    if kind == "axial-row":
        return {(row, c) for c in range(columns)}
    if kind == "axial-conv":  # the kernel's bottom right corner is the cell itself
        reached = {(row - up, column - left) for up in range(kernel) for left in range(kernel)}
        return reached & set(cells)
    assert kind == "conv"
    reached = {(row + down, column + right) for down in range(-half, half + 1) for right in range(-half, half + 1)}
    if edges == "wrap":
        return {(r % rows, c % columns) for r, c in reached}
    if edges == "clamp":
        return {(min(max(r, 0), rows - 1), min(max(c, 0), columns - 1)) for r, c in reached}
    return reached & set(cells)


@functools.lru_cache
def make_mask(kind, text, grid, kernel, edges):
    """[T, T] booleans: row the query, column the key."""
    columns = grid[1]
    length = text + grid[0] * columns
    mask = torch.zeros(length, length, dtype=torch.bool)
    for query in range(length):
        mask[query, : min(text, query + 1)] = True
        if query < text:
            continue
        for row, column in neighbours(kind, grid, kernel, edges, (query - text) // columns, (query - text) % columns):
            key = text + row * columns + column
            mask[query, key] = key <= query
    return mask


BY_HAND = [
    ("full", 3, "cut", (1, 2), ["####", "##Q.", "....", "...."]),
    ("row", 3, "cut", (2, 1), ["....", ".###", "#Q..", "...."]),
    ("row", 3, "cut", (0, 2), ["##Q.", "....", "....", "...."]),
    ("column", 3, "cut", (3, 1), [".#..", ".#..", ".#..", ".Q.."]),
    ("axial-row", 3, "cut", (2, 2), ["....", "....", "##Q.", "...."]),
    ("axial-conv", 2, "cut", (2, 2), ["....", ".##.", ".#Q.", "...."]),
    ("axial-conv", 3, "cut", (1, 1), ["##..", "#Q..", "....", "...."]),
    ("conv", 3, "cut", (2, 1), ["....", "###.", "#Q..", "...."]),
    ("conv", 3, "cut", (2, 3), ["....", "..##", "..#Q", "...."]),
    ("conv", 3, "clamp", (2, 3), ["....", "..##", "..#Q", "...."]),
    ("conv", 3, "clamp", (0, 0), ["Q...", "....", "....", "...."]),
    ("conv", 3, "wrap", (2, 3), ["....", "#.##", "#.#Q", "...."]),
    ("conv", 3, "wrap", (3, 0), ["##.#", "....", "##.#", "Q..."]),
]


def check_by_hand():
    """Pictures of what one cell sees: `#` seen, `.` not, `Q` itself; and all of a text of two before it."""
    for kind, kernel, edges, (row, column), picture in BY_HAND:
        query = 2 + row * 4 + column
        seen = make_mask(kind, 2, (4, 4), kernel, edges)[query]
        cells = ["#" if s else "." for s in seen[2:].tolist()]
        assert seen[:2].all() and cells[query - 2] == "#", (kind, edges)
        cells[query - 2] = "Q"
        assert ["".join(cells[r * 4 : r * 4 + 4]) for r in range(4)] == picture, (kind, edges, cells)


# --- what DALLE-pytorch has in the place of learned positions


def list_angles(text, grid, head_size):
    """Angles [T, pairs] in float32: of the text position, the row and the column, a third of the pairs each."""
    rotated = head_size // 3
    pairs = rotated // 2
    language = 1 / (10000 ** (torch.arange(0, rotated, 2)[:pairs].float() / rotated))
    pixels = torch.linspace(1, 5, pairs) * np.pi
    places = grid[0] * grid[1]
    word = torch.cat([torch.arange(text).float(), torch.full((places,), 8192.0)])
    far = torch.full((text,), -10.0)  # where text lies among rows and columns
    image = torch.arange(places)
    row = torch.cat([far, torch.linspace(-1, 1, grid[0])[image // grid[1]]])
    column = torch.cat([far, torch.linspace(-1, 1, grid[1])[image % grid[1]]])
    return torch.cat([word[:, None] * language, row[:, None] * pixels, column[:, None] * pixels], 1)


def rotate(x, angles):
    """x [S, N, T, D]: pairs of neighbours turn by angles [T, P]; what is beyond 2·P stays."""
    count = 2 * angles.shape[1]
    even, odd = x[..., 0:count:2], x[..., 1:count:2]
    cos, sin = angles.cos(), angles.sin()
    turned = torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)
    return torch.cat([turned, x[..., count:]], -1)


def shift_tokens(x, text, grid):
    """x [S, T, dim]: half the channels of a word from the word before; of an image token a quarter from above, one from
    the left; zeros where there is none."""
    dim, columns = x.shape[2], grid[1]
    result = x.clone()
    for place in range(x.shape[1]):
        image = place - text
        nothing = torch.zeros_like(x[:, 0])
        before = nothing if place == 0 else x[:, place - 1]
        if image < 0:
            result[:, place, : dim // 2] = before[:, : dim // 2]
            continue
        above = nothing if image < columns else x[:, place - columns]
        left = nothing if image % columns == 0 else before
        result[:, place, : dim // 4] = above[:, : dim // 4]
        result[:, place, dim // 4 : dim // 2] = left[:, dim // 4 : dim // 2]
    return result


# --- the transformer


def compute_logits(shape, weights, angles, text, image):
    """Text [S, T] and image tokens [S, H·W] -> logits of text tokens 1 … [S, T - 1, .] and of the image [S, H·W, V]."""
    grid, heads = shape["grid"], shape["heads"]
    count = text.shape[1]
    place = torch.arange(image.shape[1])
    words, pixels = weights["text_embedding.weight"][text], weights["image_embedding.weight"][image]
    if shape["position"] != "rotary":
        words = words + weights["text_position.weight"]
    if shape["position"] == "text+image":
        pixels = pixels + weights["image_position.weight"]
    if shape["position"] == "text+row+column":
        pixels = pixels + weights["image_row.weight"][place // grid[1]] + weights["image_column.weight"][place % grid[1]]
    x = torch.cat([words, pixels], 1)[:, :-1]
    sequences, length, dim = x.shape

    def norm(name, value):
        return layer_norm(value, (dim,), weights[f"{name}.weight"], weights[f"{name}.bias"])

    def product(name, value):
        return linear(value, weights[f"{name}.weight"], weights.get(f"{name}.bias"))

    def branch(name, x, compute):
        y = norm(f"{name}_norm", x)
        if shape["shift_tokens"]:
            y = shift_tokens(y, count, grid)
        y = compute(y)
        if shape["norm"] == "sandwich":
            y = norm(f"{name}_norm_out", y)
        if shape["layer_scale"]:
            y = y * weights[f"{name}_scale"]
        return x + y

    def attend(layer, kind, y):
        qkv = product(f"layers.{layer}.attention.qkv", y)
        q, k, v = qkv.view(sequences, length, 3, heads, shape["head_size"]).permute(2, 0, 3, 1, 4)
        if shape["position"] == "rotary":
            q, k = rotate(q, angles[:length]), rotate(k, angles[:length])
            v = rotate(v, angles[:length]) if shape["rotate_values"] else v
        scores = q @ k.transpose(-1, -2) * shape["head_size"] ** -0.5
        mask = make_mask(kind, count, tuple(grid), shape["conv_kernel"], shape["conv_edges"])[:length, :length]
        mixed = scores.masked_fill(~mask, -torch.inf).softmax(-1) @ v
        return product(f"layers.{layer}.attention.out", mixed.transpose(1, 2).flatten(2))

    def feed(layer, y):
        up = product(f"layers.{layer}.mlp.up", y)
        if shape["activation"] == "geglu":
            value, gate = up.chunk(2, -1)
            return product(f"layers.{layer}.mlp.down", value * gelu(gate))
        approximate = "tanh" if shape["activation"] == "gelu-tanh" else "none"
        return product(f"layers.{layer}.mlp.down", gelu(up, approximate=approximate))

    for layer, kind in enumerate(shape["attention"]):
        x = branch(f"layers.{layer}.attention", x, lambda y: attend(layer, kind, y))
        x = branch(f"layers.{layer}.mlp", x, lambda y: feed(layer, y))
    x = norm("final_norm", x)
    before, after = x[:, : count - 1], x[:, count - 1 :]
    if shape["heads_of_output"] == "separate":
        return product("text_head", before), product("image_head", after)
    rows = shape["text_vocab"] + (shape["text_length"] if shape["pads"] == "per-position" else 0)
    return product("head", before)[..., :rows], product("head", after)[..., rows:]


# --- the configurations

PAPER = {
    "names": "dalle-gl",
    "dim": 16,
    "depth": 3,
    "heads": 2,
    "head_size": 8,
    "text_length": 5,
    "text_vocab": 13,
    "image_vocab": 22,
    "grid": [5, 4],
    "attention": ["row", "column", "conv"],
    "conv_kernel": 3,
    "conv_edges": "cut",
    "activation": "gelu-erf",
    "mlp_size": 64,
    "norm": "pre",
    "layer_scale": False,
    "qkv_bias": True,
    "position": "text+row+column",
    "rotate_values": False,
    "pads": "per-position",
    "start_token": False,
    "heads_of_output": "separate",
    "shift_tokens": False,
}
MALEVICH = {
    **PAPER,
    "conv_edges": "wrap",
    "activation": "gelu-tanh",
    "norm": "sandwich",
    "start_token": True,
    "heads_of_output": "shared",
}
PYTORCH = {
    **PAPER,
    "grid": [4, 4],
    "activation": "geglu",
    "mlp_size": 32,
    "layer_scale": True,
    "qkv_bias": False,
    "start_token": True,
    "heads_of_output": "shared",
}
ROTARY = {**PYTORCH, "head_size": 16, "position": "rotary", "rotate_values": True, "depth": 2}
CONFIGURATIONS = {
    "paper": PAPER,
    # nothing is a multiple of four
    "paper-odd": {**PAPER, "dim": 18, "heads": 3, "head_size": 7, "mlp_size": 30, "grid": [3, 5], "text_vocab": 11},
    "malevich-wrap": MALEVICH,
    "malevich-clamp": {**MALEVICH, "conv_edges": "clamp", "grid": [4, 4]},
    "mindalle": {
        **PAPER,
        "attention": ["full"] * 2,
        "depth": 2,
        "position": "text+image",
        "pads": "zero",
        "text_vocab": 18,
    },
    # its kernel was a centred one before version 1.5
    "dalle-pytorch-old": {**PYTORCH, "attention": ["full", "axial-row", "column", "conv"], "depth": 4},
    "dalle-pytorch-rotary": {**ROTARY, "attention": ["axial-row", "axial-conv"]},
    "dalle-pytorch-new": {**ROTARY, "attention": ["full", "full"], "shift_tokens": True, "norm": "sandwich"},
    "rotary-keys": {**ROTARY, "attention": ["full", "conv"], "rotate_values": False, "shift_tokens": True, "dim": 12},
}


def list_shapes(shape):
    """Every tensor's name and shape, as nets/transformer/architecture.ts has them."""
    dim, inner, grid = shape["dim"], shape["heads"] * shape["head_size"], shape["grid"]
    text = shape["text_length"] + int(shape["start_token"])
    words = shape["text_vocab"] + (shape["text_length"] if shape["pads"] == "per-position" else 0)
    shapes = {"text_embedding.weight": [words, dim], "image_embedding.weight": [shape["image_vocab"], dim]}
    if shape["position"] != "rotary":
        shapes["text_position.weight"] = [text, dim]
    if shape["position"] == "text+image":
        shapes["image_position.weight"] = [grid[0] * grid[1], dim]
    if shape["position"] == "text+row+column":
        shapes["image_row.weight"], shapes["image_column.weight"] = [grid[0], dim], [grid[1], dim]

    def add_norm(name):
        shapes[f"{name}.weight"] = shapes[f"{name}.bias"] = [dim]

    def add_product(name, outputs, inputs, bias=True):
        shapes[f"{name}.weight"] = [outputs, inputs]
        if bias:
            shapes[f"{name}.bias"] = [outputs]

    up = shape["mlp_size"] * (2 if shape["activation"] == "geglu" else 1)
    for layer in range(shape["depth"]):
        for part in ("attention", "mlp"):
            name = f"layers.{layer}.{part}"
            add_norm(f"{name}_norm")
            if shape["norm"] == "sandwich":
                add_norm(f"{name}_norm_out")
            if shape["layer_scale"]:
                shapes[f"{name}_scale"] = [dim]
        add_product(f"layers.{layer}.attention.qkv", 3 * inner, dim, shape["qkv_bias"])
        add_product(f"layers.{layer}.attention.out", dim, inner)
        add_product(f"layers.{layer}.mlp.up", up, dim)
        add_product(f"layers.{layer}.mlp.down", dim, shape["mlp_size"])
    add_norm("final_norm")
    if shape["heads_of_output"] == "separate":
        add_product("text_head", words, dim)
        add_product("image_head", shape["image_vocab"], dim)
    else:
        add_product("head", words + shape["image_vocab"], dim)
    return shapes


def draw_weights(shape, generator):
    """Gains around one, products that keep the variance and a little more: attention is sharp, no logit is huge."""

    def draw(name, size):
        values = torch.randn(size, generator=generator)
        if "norm" in name:
            return (1 if name.endswith("weight") else 0) + 0.2 * values
        if name.endswith("_scale"):
            return 0.5 + 0.1 * values
        if name.endswith("bias"):
            return 0.1 * values
        return values * (1 if "embedding" in name else 0.5 if "position" in name or "image_" in name else 1.4 / size[1] ** 0.5)

    return {name: draw(name, size).half() for name, size in list_shapes(shape).items()}


def draw_text(shape, generator):
    """Two texts: one full, one with pads from its third token on; the start token first where there is one."""
    length = shape["text_length"]
    text = torch.randint(1, shape["text_vocab"], (SEQUENCES, length), generator=generator)
    pads = shape["text_vocab"] + torch.arange(length) if shape["pads"] == "per-position" else torch.zeros(length).long()
    text[1, 2:] = pads[2:]
    return torch.cat([torch.zeros(SEQUENCES, 1).long(), text], 1) if shape["start_token"] else text


def write_halves(path, weights):
    """A safetensors file: a length, a JSON header, the bytes."""
    header, data = {}, b""
    for name, tensor in weights.items():
        bytes_ = np.ascontiguousarray(tensor.numpy()).tobytes()
        header[name] = {"dtype": "F16", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(bytes_)]}
        data += bytes_
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def make(name, shape, index):
    generator = torch.Generator().manual_seed(SEED + index)
    weights = draw_weights(shape, generator)
    text = draw_text(shape, generator)
    places = shape["grid"][0] * shape["grid"][1]
    image = torch.randint(0, shape["image_vocab"], (SEQUENCES, places), generator=generator)
    angles = list_angles(text.shape[1], shape["grid"], shape["head_size"])

    def compute(dtype):
        cast = {key: value.to(dtype) for key, value in weights.items()}
        return [part.numpy() for part in compute_logits(shape, cast, angles.to(dtype), text, image)]

    single, double = compute(torch.float32), compute(torch.float64)
    write_halves(os.path.join(FOLDER, f"{name}.weights.safetensors"), weights)
    arrays = {"text": text.numpy().astype(np.int32), "image": image.numpy().astype(np.int32)}
    arrays |= {"textLogits.f64": double[0], "imageLogits.f64": double[1]}
    for key, array in arrays.items():
        np.save(os.path.join(FOLDER, f"{name}.{key}.npy"), array)
    errors = {"textLogits": compare(single[0], double[0]), "imageLogits": compare(single[1], double[1])}
    return {"name": name, "architecture": {"kind": "transformer", **shape}, "errors": errors}


if __name__ == "__main__":
    check_by_hand()
    torch.set_num_threads(1)
    os.makedirs(FOLDER, exist_ok=True)
    for name in os.listdir(FOLDER):
        os.remove(os.path.join(FOLDER, name))
    # The angles of a head of 64, which DALLE-pytorch saves: the test compares ours with them bit for bit.
    np.save(os.path.join(FOLDER, "angles.npy"), list_angles(257, (32, 32), 64).numpy()[[0, 1, 100, 256, 257, 300, 1280]])
    with torch.no_grad():
        cases = [make(name, shape, index) for index, (name, shape) in enumerate(CONFIGURATIONS.items())]
    record = {"what": "small transformers with random weights: whole sequences", "seed": SEED, "cases": cases}
    write_record(FOLDER, "make_transformers.py", record)
    for case in cases:
        print(case["name"], case["errors"])
