"""Makes the golden of a VQGAN f16 with 16,384 codes at full size: generated weights, one photograph.

    /usr/bin/python3 test/golden/make_vqgan_size.py TAMING MIN_DALLE    # some minutes on 2 cores, 3 GB

TAMING is a checkout of CompVis/taming-transformers at 3ba01b2, whose class is computed in float32 and float64. The
weights follow the recipe in scripts/full-size/vqgan.mjs, worked out here a second time in NumPy, and
are not stored: the hash in golden.json says whether another generator made the same bits.
"""

import copy
import hashlib
import os

import numpy as np
import torch
from evaluate import HERE, compare, hash_file, read_picture, top_two_gap, write_record
from make_official_size import make_integers
from make_vqgan import build, decode, encode, find_scores, find_tokens
from PIL import Image

FOLDER = os.path.join(HERE, "vqgan-size")
INPUT = os.path.join(HERE, "emoji-dvae", "astronaut-256.input.png")
F16 = {"ch": 128, "ch_mult": [1, 1, 2, 2, 4], "num_res_blocks": 2, "attn_resolutions": [16], "resolution": 256}
NET = 3
RECIPE_SHA256 = "31e262d3e876799c5a86825f2d1bf5e501e352253d463af585ff176584766288"


def list_tensors(net):
    """In the recipe's order: the encoder's and what belongs to it, then the decoder's."""
    state = net.state_dict()
    return {name: state[name] for name in [*list_encoder(state), *list_decoder(state)]}


def list_encoder(state):
    names = [name for name in state if name.startswith("encoder.")]
    return [*names, "quant_conv.weight", "quant_conv.bias", "quantize.embedding.weight"]


def list_decoder(state):
    """The smallest maps first, as they are computed; taming numbers its modules the other way round."""
    names = [name for name in state if name.startswith("decoder.")]
    levels = sorted({int(name.split(".")[2]) for name in names if name.startswith("decoder.up.")}, reverse=True)
    up = [name for level in levels for name in names if name.startswith(f"decoder.up.{level}.")]
    begin = [name for name in names if name.startswith(("decoder.conv_in.", "decoder.mid."))]
    end = [name for name in names if name.startswith(("decoder.norm_out.", "decoder.conv_out."))]
    return ["post_quant_conv.weight", "post_quant_conv.bias", *begin, *up, *end]


def find_exponent(name, shape):
    """The largest e with 3 g 4^e <= 2 f."""
    f = int(np.prod(shape[1:]))
    is_one_by_one = name.endswith((".q.weight", ".k.weight", ".v.weight", ".proj_out.weight", "quant_conv.weight"))
    g = 1 / 2 if name == "decoder.conv_out.weight" else 1 if is_one_by_one else 2
    return next(e for e in range(32, -33, -1) if 3 * g * 4.0**e <= 2 * f)


def make_values(name, shape, t):
    k = make_integers(NET, t, int(np.prod(shape)))
    if name == "quantize.embedding.weight":
        return k.astype(np.float32) * np.float32(2.0**-23)
    if name.endswith(".bias"):
        return k.astype(np.float32) * np.float32(2.0**-27)
    if len(shape) == 1:
        return (1 + (k >> 1) * 2.0**-23).astype(np.float32)
    return k.astype(np.float32) * np.float32(2.0 ** (-23 - find_exponent(name, shape)))


def fill(net):
    digest = hashlib.sha256()
    tensors = list_tensors(net)
    assert len(tensors) == 343 == len(net.state_dict())
    for t, (name, tensor) in enumerate(tensors.items()):
        values = make_values(name, tuple(tensor.shape), t)
        digest.update(values.astype("<f4").tobytes())
        tensor.copy_(torch.from_numpy(values.reshape(tuple(tensor.shape))))
    return digest.hexdigest()


def store(name, array):
    np.save(os.path.join(FOLDER, name), np.ascontiguousarray(array))


if __name__ == "__main__":
    torch.set_num_threads(2)
    torch.set_grad_enabled(False)
    os.makedirs(FOLDER, exist_ok=True)
    net = build("vector", **F16, z=256, e=256, n=16384)
    sha256 = fill(net)
    if sha256 != RECIPE_SHA256:
        raise SystemExit(f"these weights hash to {sha256}, the recipe says otherwise.")
    double = copy.deepcopy(net).double()
    x = 2 * read_picture(INPUT) - 1
    latents = encode(net, x), encode(double, x.double())
    scores = [find_scores(n, z).numpy() for n, z in zip((net, double), latents)]
    tokens = [find_tokens(n, z).numpy().astype(np.int32) for n, z in zip((net, double), latents)]
    gap = top_two_gap(scores[1])
    decoded = [decode(n, tokens[1]).numpy() for n in (net, double)]
    picture = np.rint((np.clip(decoded[1][0], -1, 1) + 1) / 2 * 255).astype(np.uint8).transpose(1, 2, 0)
    store("tokens.f64.npy", tokens[1][0])
    store("gap.npy", gap[0])
    store("decodedCorner.npy", decoded[1][0, :, :64, :64].astype(np.float32))
    Image.fromarray(picture).save(os.path.join(FOLDER, "reconstruction.png"), optimize=True)
    record = {
        "what": "a VQGAN f16 with 16,384 codes, generated weights: PyTorch's results in float32 and float64",
        "sources": {"CompVis/taming-transformers": "3ba01b241669f5ade541ce990f7650a3b8f65318"},
        "input": {"file": "../emoji-dvae/astronaut-256.input.png", "sha256": hash_file(INPUT)},
        "weights": {"tensors": 343, "parameters": 76_073_859, "sha256": sha256},
        "encoder": {
            "errors": compare(*scores),
            "latents": compare(*(z.numpy() for z in latents)),
            "distinctTokens": len(np.unique(tokens[1])),
            "tokensThatDiffer": int((tokens[0] != tokens[1]).sum()),
            "smallestGap": float(gap.min()),
        },
        "decoder": {
            "errors": compare(*decoded),
            "within": float((np.abs(decoded[1]) <= 1).mean()),
        },
    }
    print(record)
    write_record(FOLDER, "make_vqgan_size.py TAMING MIN_DALLE", record)
