"""Measures the trained pair of test/data/emoji-dvae on its reference pictures, in float32 and float64.

    /usr/bin/python3 test/golden/make_emoji_dvae.py [folder with encoder.pkl and decoder.pkl]

The pictures, tokens, corners and decoded maps in emoji-dvae/ came with the checkpoints and are read, never written:
this adds the float64 tokens, the gap of the two best float64 logits, and how far float32 is from float64.
"""

import os
import sys

import dall_e  # noqa: F401  (the pickles name its classes)
import numpy as np
import torch
from evaluate import HERE, compare, hash_file, hash_weights, map_pixels, one_hot, read_picture, run_both, top_two_gap, write_record

FOLDER = os.path.join(HERE, "emoji-dvae")
PICTURES = ("astronaut-256", "emoji-128", "strip-72x136")


def measure(name, encoder, decoder):
    """Stores tokens.f64 and gap of one picture; returns its entry of golden.json."""

    def path(key):
        return os.path.join(FOLDER, f"{name}.{key}")

    pixels = read_picture(path("input.png"))
    logits = run_both(encoder, map_pixels(pixels))
    tokens = logits[1].argmax(axis=1).astype(np.int32)[0]
    given = np.load(path("tokens.f32.npy"))
    gap = top_two_gap(logits[1])[0]
    np.save(path("tokens.f64.npy"), tokens)
    np.save(path("gap.npy"), gap)
    corner = np.load(path("logitsCorner.f32.npy"))
    errors = {"logits": compare(*logits), "logitsCorner": compare(corner, logits[1][0, :, :4, :4])}
    decoded = run_both(decoder, one_hot(given[None], decoder.vocab_size))
    errors["decoded"] = compare(decoded[0][:, :3], decoded[1][:, :3])
    if os.path.exists(path("decoded.f32.npy")):
        errors["decodedGiven"] = compare(np.load(path("decoded.f32.npy")), decoded[1][0, :3])
    return {
        "name": name,
        "shape": list(pixels.shape),
        "distinctTokens": len(np.unique(tokens)),
        "tokensThatDiffer": int((tokens != given).sum()),
        "smallestGap": float(gap.min()),
        "errors": errors,
    }


if __name__ == "__main__":
    source = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "..", "data", "emoji-dvae")
    files = {part: os.path.join(source, f"{part}.pkl") for part in ("encoder", "decoder")}
    nets = {part: torch.load(file) for part, file in files.items()}
    cases = [measure(name, nets["encoder"], nets["decoder"]) for name in PICTURES]
    record = {
        "what": "a small trained dVAE on pictures: its author's float32 results, measured against float64",
        "architecture": {"n_hid": 64, "n_blk_per_group": 1, "n_init": 128, "vocab_size": 1024},
        "checkpointSha256": {part: hash_file(file) for part, file in files.items()},
        "weights": {part: hash_weights(net) for part, net in nets.items()},
        "cases": cases,
    }
    write_record(FOLDER, "make_emoji_dvae.py", record)
    for case in cases:
        print(case)
