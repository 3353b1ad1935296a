"""Makes the golden of the full official size: generated weights, one photograph, PyTorch in float32 and float64.

    /usr/bin/python3 test/golden/make_official_size.py        # 3 to 4 minutes on 2 cores, 2.6 GB

The weights follow the recipe in weights-convert/families/openai/official-size.ts, worked out here a second time in NumPy, and are not
stored: the hashes in golden.json say whether another generator made the same bits. The input is the notebook's
preprocessing of docs/pictures/astronaut.png, stored as emoji-dvae/astronaut-256.input.png.
"""

import os

import dall_e
import numpy as np
import torch
from evaluate import (
    HERE,
    compare,
    hash_file,
    hash_weights,
    map_pixels,
    one_hot,
    read_picture,
    run_both,
    to_picture,
    top_two_gap,
    write_record,
)
from PIL import Image

FOLDER = os.path.join(HERE, "official-size")
INPUT = os.path.join(HERE, "emoji-dvae", "astronaut-256.input.png")
BIAS_EXPONENT = 4
# As the recipe states them: all tensors in order, raw little-endian float32.
RECIPE_SHA256 = {
    dall_e.Encoder: "bb5e0289d387b5ddf3e5aa8ac7d442289b9832dcbeed9a1ca66a8a76c9640d19",
    dall_e.Decoder: "4e50e65e3de215332773e6ce3a87832efb3454a70cb8edcea19bcf01262c67fb",
}


def mix(x):
    """The recipe's hash on uint32 arrays, in place, modulo 2^32."""
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    return x


def make_integers(net, index, length):
    """The integers k of tensor `index` of net 1 (encoder) or 2 (decoder), as int32."""
    stream = mix(np.array([net * 65536 + index], dtype=np.uint32))
    h = mix(mix(np.arange(length, dtype=np.uint32) ^ stream) + stream)
    return (h >> np.uint32(8)).astype(np.int32) - 2**23


def weight_exponent(is_encoder, name, shape):
    """The largest e with 3 g 4^e <= 2 f."""
    f = int(np.prod(shape[1:]))
    g = 2
    if name == "blocks.input.w":
        f, g = (f, 16) if is_encoder else (1, 1)
    elif name == "blocks.output.conv.w":
        g = 2 if is_encoder else 1 / 8
    elif name.endswith(".id_path.w"):
        g = 1
    elif name.endswith(".res_path.conv_4.w"):
        g = 2048
    return next(e for e in range(32, -33, -1) if 3 * g * 4.0**e <= 2 * f)


def fill(net):
    """Overwrites every weight of a net with the generated ones."""
    is_encoder = isinstance(net, dall_e.Encoder)
    kind = 1 if is_encoder else 2
    for index, (name, tensor) in enumerate(net.state_dict().items()):
        shape = tuple(tensor.shape)
        if is_encoder and name == "blocks.input.b":
            first = net.state_dict()["blocks.input.w"]
            exponent = weight_exponent(is_encoder, "blocks.input.w", first.shape)
            sums = make_integers(kind, 0, first.numel()).reshape(shape[0], -1).sum(axis=1, dtype=np.int64)
            values = (-sums).astype(np.float32) * np.float32(2.0 ** (-24 - exponent))
        else:
            exponent = weight_exponent(is_encoder, name, shape) if name.endswith(".w") else BIAS_EXPONENT
            values = make_integers(kind, index, tensor.numel()).astype(np.float32) * np.float32(2.0 ** (-23 - exponent))
        tensor.copy_(torch.from_numpy(values.reshape(shape)))


def generate(net_class):
    """A net with the generated weights, and their hash record, which must be the recipe's."""
    net = net_class()
    fill(net)
    weights = hash_weights(net)
    if weights["sha256"] != RECIPE_SHA256[net_class]:
        raise SystemExit(f"{net_class.__name__}: these weights hash to {weights['sha256']}, the recipe says otherwise.")
    return net, weights


def store(name, array):
    np.save(os.path.join(FOLDER, name), np.ascontiguousarray(array))


def measure_encoder(pixels):
    """Stores tokens and gaps; returns the float64 tokens [1, h, w] and what golden.json says of them."""
    encoder, weights = generate(dall_e.Encoder)
    logits = run_both(encoder, map_pixels(pixels))
    single, double = (array.argmax(axis=1).astype(np.int32) for array in logits)
    gap = top_two_gap(logits[1])
    store("tokens.f32.npy", single[0])
    store("tokens.f64.npy", double[0])
    store("gap.npy", gap[0])
    return double, {
        "weights": weights,
        "errors": compare(*logits),
        "distinctTokens": len(np.unique(double)),
        "tokensThatDiffer": int((single != double).sum()),
        "smallestGap": float(gap.min()),
    }


def measure_decoder(tokens):
    """Stores the picture and a corner of the location maps; returns what golden.json says of them."""
    decoder, weights = generate(dall_e.Decoder)
    single, double = run_both(decoder, one_hot(tokens, decoder.vocab_size))
    Image.fromarray(to_picture(double[0])).save(os.path.join(FOLDER, "reconstruction.png"), optimize=True)
    store("decodedCorner.npy", double[0, :3, :64, :64].astype(np.float32))
    return {"weights": weights, "errors": compare(single[:, :3], double[:, :3])}


if __name__ == "__main__":
    torch.set_num_threads(2)
    os.makedirs(FOLDER, exist_ok=True)
    pixels = read_picture(INPUT)
    tokens, encoded = measure_encoder(pixels)
    print(encoded)
    decoded = measure_decoder(tokens)
    print(decoded)
    record = {
        "what": "both nets at the official size, generated weights: PyTorch's results in float32 and float64",
        "input": {"file": "../emoji-dvae/astronaut-256.input.png", "sha256": hash_file(INPUT)},
        "architecture": {"n_hid": 256, "n_blk_per_group": 2, "n_init": 128, "vocab_size": 8192},
        "weights": {"encoder": encoded.pop("weights"), "decoder": decoded.pop("weights")},
        "encoder": encoded,
        "decoder": decoded,
    }
    write_record(FOLDER, "make_official_size.py", record)
