"""Makes the small nets: pickles as torch.save writes them, inputs, and PyTorch's float32 and float64 results.

    /usr/bin/python3 test/golden/make_goldens.py

Weights are random, drawn so that every part matters: biases are not zero, the residual branches are as large as the
skip in spite of their gain, the tokens vary from place to place. See README.md for what lies in a folder.
"""

import os
import shutil
from dataclasses import dataclass

import dall_e
import dall_e.decoder
import dall_e.encoder
import dall_e.utils
import numpy as np
import torch
from evaluate import HERE, compare, hash_weights, map_pixels, one_hot, run_both, top_two_gap, write_record


@dataclass
class Net:
    name: str
    seed: int
    n_hid: int
    n_blk: int
    vocab_size: int
    n_init: int
    checkpoints: tuple  # (container, layout) pairs
    cases: tuple  # (batch, height, width); the last is also decoded from a soft distribution


NETS = (
    Net("hidden-8", 8, 8, 2, 16, 12, (("zip", "contiguous"),), ((1, 32, 32), (2, 8, 8))),
    Net("hidden-12", 12, 12, 1, 37, 5, (("zip", "contiguous"),), ((1, 40, 24), (2, 16, 8))),
    Net(
        "hidden-4",
        4,
        4,
        3,
        64,
        32,
        (("zip", "channels-last"), ("legacy", "channels-last"), ("zip", "one-storage")),
        ((2, 24, 16), (1, 8, 56)),
    ),
)


def fill(net, random):
    """He initialisation where a ReLU precedes, plain where none does, biases of a tenth; undoes the residual gain."""
    gain = (net.group_count * net.n_blk_per_group) ** 2
    for name, module in net.named_modules():
        if not isinstance(module, dall_e.utils.Conv2d):
            continue
        fan_in = module.n_in * module.kw**2
        scale = np.sqrt((2 if "conv" in name else 1) / fan_in)
        if name.endswith("conv_4"):
            scale *= 0.5 * gain
        if name == "blocks.input" and isinstance(net, dall_e.Decoder):
            scale = 1  # one row of it is chosen, not summed
        bias_scale = 0.5 * gain if name.endswith("conv_4") else 1
        module.w.data = torch.from_numpy((scale * random.standard_normal(module.w.shape)).astype(np.float32))
        module.b.data = torch.from_numpy((0.1 * bias_scale * random.standard_normal(module.b.shape)).astype(np.float32))


def centre_output(net, x, spread):
    """Moves and scales each output channel to mean 0 and deviation `spread` on `x`, in coarse binary steps so that
    the weights do not depend on this machine's rounding."""
    _, raw = run_both(net, x)
    head = net.blocks.output.conv
    mean = raw.mean(axis=(0, 2, 3))
    deviation = np.sqrt(np.mean(np.square(raw - mean[:, None, None])))
    scale = 2.0 ** np.round(np.log2(spread / deviation))
    shift = torch.from_numpy(np.round(mean * 16) / 16).float()
    head.w.data = head.w.data * scale
    head.b.data = head.b.data * (1 + scale) - shift * scale


def draw_pixels(random, batch, height, width):
    """Patches of 8×8 in different colours with a grain on them, float32 [B, 3, H, W] in [0, 1]."""
    coarse = random.random((batch, 3, -(-height // 8), -(-width // 8)))
    smooth = coarse.repeat(8, axis=2).repeat(8, axis=3)[:, :, :height, :width]
    return (0.7 * smooth + 0.3 * random.random((batch, 3, height, width))).astype(np.float32)


def lay_out(net, layout):
    """The same values in another memory layout, as `(offset, size, stride)` of the pickle will show."""
    parameters = list(net.parameters())
    if layout == "channels-last":
        for p in parameters:
            if p.dim() == 4:
                p.data = p.data.contiguous(memory_format=torch.channels_last)
    if layout == "one-storage":
        whole = torch.cat([p.data.flatten() for p in parameters])
        start = 0
        for p in parameters:
            p.data = whole[start : start + p.numel()].view(p.shape)
            start += p.numel()


def save_checkpoints(net, checkpoint, folder, part):
    """One pickle; the layouts are undone afterwards so that arithmetic never sees them."""
    container, layout = checkpoint
    lay_out(net, layout)
    name = f"{part}.{container}.{layout}.pkl"
    torch.save(net, os.path.join(folder, name), _use_new_zipfile_serialization=container == "zip")
    for p in net.parameters():
        p.data = p.data.clone(memory_format=torch.contiguous_format)
    return name


def make_case(shape, encoder, decoder, random, folder, soft):
    """Runs one input through both nets and stores what a test compares; returns the case's entry of golden.json."""
    batch, height, width = shape
    name = f"{batch}x{height}x{width}"
    errors = {}

    def store(key, array):
        np.save(os.path.join(folder, f"{name}.{key}.npy"), np.ascontiguousarray(array))

    def store_both(key, pair):
        store(f"{key}.f32", pair[0])
        store(f"{key}.f64", pair[1])
        errors[key] = compare(*pair)

    pixels = draw_pixels(random, *shape)
    store("pixels", pixels)
    logits = run_both(encoder, map_pixels(torch.from_numpy(pixels)))
    store_both("logits", logits)
    tokens = [array.argmax(axis=1).astype(np.int32) for array in logits]
    store("tokens.f32", tokens[0])
    store("tokens.f64", tokens[1])
    store_both("decoded", run_both(decoder, one_hot(tokens[1], decoder.vocab_size)))
    if soft:
        distribution = torch.softmax(torch.from_numpy(logits[1]), dim=1).float()
        store("soft", distribution.numpy())
        store_both("softDecoded", run_both(decoder, distribution))
    return {
        "name": name,
        "shape": [batch, 3, height, width],
        "soft": soft,
        "distinctTokens": len(np.unique(tokens[1])),
        "smallestGap": float(top_two_gap(logits[1]).min()),
        "errors": errors,
    }


def hide_paths():
    """The legacy container embeds path and source of each class: the path shall not tell where this folder lies."""
    os.chdir(HERE)
    for part in ("decoder", "encoder", "utils"):
        getattr(dall_e, part).__file__ = f"dall_e/{part}.py"


def make_net(spec):
    """One folder: two nets of the same seed, every checkpoint form, every case."""
    folder = os.path.join(HERE, spec.name)
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    random = np.random.default_rng(spec.seed)
    encoder = dall_e.Encoder(spec.n_hid, spec.n_blk, 3, spec.vocab_size)
    decoder = dall_e.Decoder(spec.n_init, spec.n_hid, spec.n_blk, 3, spec.vocab_size)
    fill(encoder, random)
    fill(decoder, random)
    centre_output(encoder, map_pixels(torch.from_numpy(draw_pixels(random, 4, 32, 32))), spread=3)
    centre_output(decoder, one_hot(random.integers(0, spec.vocab_size, (4, 4, 4)), spec.vocab_size), spread=1)
    checkpoints = [
        {
            "container": checkpoint[0],
            "layout": checkpoint[1],
            "encoder": save_checkpoints(encoder, checkpoint, folder, "encoder"),
            "decoder": save_checkpoints(decoder, checkpoint, folder, "decoder"),
        }
        for checkpoint in spec.checkpoints
    ]
    last = len(spec.cases) - 1
    cases = [
        make_case(shape, encoder, decoder, random, folder, soft=i == last) for i, shape in enumerate(spec.cases)
    ]
    record = {
        "what": "a small dVAE of random weights: PyTorch's results in float32 and float64",
        "seed": spec.seed,
        "architecture": {
            "n_hid": spec.n_hid,
            "n_blk_per_group": spec.n_blk,
            "n_init": spec.n_init,
            "vocab_size": spec.vocab_size,
        },
        "checkpoints": checkpoints,
        "weights": {"encoder": hash_weights(encoder), "decoder": hash_weights(decoder)},
        "cases": cases,
    }
    write_record(folder, "make_goldens.py", record)
    for case in cases:
        print(spec.name, case["name"], case["distinctTokens"], "codes, gap", case["smallestGap"], case["errors"])


if __name__ == "__main__":
    torch.set_num_threads(1)
    hide_paths()
    for spec in NETS:
        make_net(spec)
