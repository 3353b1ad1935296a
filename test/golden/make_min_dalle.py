"""Makes the goldens of min-dalle/: small BARTs of DALL·E mini's kind from the original classes, in float32 and float64.

    git clone https://github.com/kuprel/min-dalle && git -C min-dalle checkout 73621fb
    /usr/bin/python3 test/golden/make_min_dalle.py min-dalle

The classes are those of kuprel/min-dalle; nothing of them is kept here. First they are made as large as both published
models, without memory, and their parameters and the tensors of the published files are counted. Then they are made
small, with random weights rounded to halves. Each picture is computed whole and token by token, and both must agree.
"""

import contextlib
import functools
import importlib
import os
import sys
import types

import numpy as np
import torch
from evaluate import HERE, compare, write_record
from make_transformers import write_halves
from torch import nn

FOLDER = os.path.join(HERE, "min-dalle")
COMMIT = "73621fb280b42f1b3aa05786447ddfbf09dada33"
SEED = 20261130

# As published: the parameters of the classes, and the tensors of the files, which lack the weights of most norms.
PUBLISHED = {
    "mini": (12, 1024, 16, 2730, 50264, 16384, 202_649_584, 235_313_136),
    "mega": (24, 2048, 32, 4096, 50272, 16415, 1_110_220_800, 1_477_746_688),
}


def open_classes(checkout):
    """The modules of both classes, without what their package does besides."""
    package = types.ModuleType("min_dalle")
    package.__path__ = [os.path.join(checkout, "min_dalle")]
    sys.modules["min_dalle"] = package
    return [importlib.import_module(f"min_dalle.models.dalle_bart_{half}") for half in ("encoder", "decoder")]


@contextlib.contextmanager
def without_memory():
    """Layers that have shapes and no numbers."""
    names = ("Linear", "Embedding", "LayerNorm")
    kept = {name: getattr(nn, name) for name in names}
    for name in names:
        setattr(nn, name, functools.partial(kept[name], device="meta"))
    try:
        yield
    finally:
        for name in names:
            setattr(nn, name, kept[name])


def make_pair(classes, depth, dim, heads, glu, text_vocab, image_vocab, text_length=64):
    encoder_module, decoder_module = classes
    sizes = {"attention_head_count": heads, "embed_count": dim, "glu_embed_count": glu, "layer_count": depth}
    encoder = encoder_module.DalleBartEncoder(
        text_token_count=text_length, text_vocab_count=text_vocab, device="cpu", **sizes
    )
    return encoder, decoder_module.DalleBartDecoder(image_vocab_count=image_vocab, device="cpu", **sizes)


PLAIN = ("pre_self_attn_layer_norm", "pre_encoder_attn_layer_norm", "glu.ln0", "glu.ln1", "final_ln")


def is_left_out(name):
    """Whether a published file lacks it: the weight of a norm that had none where it was trained."""
    return name.endswith(".weight") and any(name[: -len(".weight")].endswith(norm) for norm in PLAIN)


def check_published(classes):
    for name, (depth, dim, heads, glu, text_vocab, image_vocab, *counts) in PUBLISHED.items():
        with without_memory():
            pair = make_pair(classes, depth, dim, heads, glu, text_vocab, image_vocab)
        for net, count, tensors in zip(pair, counts, (12 * depth + 5, 19 * depth + 6)):
            assert sum(p.numel() for p in net.parameters()) == count, name
            kept = [key for key in net.state_dict() if not is_left_out(key)]
            assert len(kept) == tensors, (name, len(kept))


CASES = {
    # As the small model: an ordinary token to start with, and no weights for most norms.
    "mini": {
        "sizes": (2, 32, 2, 86, 29, 24),
        "image_vocab": 24,
        "start": 23,
        "norm_weights": False,
        "words": [[0, 2], [0, 17, 5, 28, 2]],
    },
    # As the large one in training: rows that nobody draws, and the last of them to start with. A text without pads.
    "mega": {
        "sizes": (2, 32, 4, 64, 31, 31),
        "image_vocab": 24,
        "start": 31,
        "norm_weights": True,
        "words": [[0, 9], [0, 12, 30, 3, 3, 7, 21, 9]],
    },
}
TEXT_LENGTH, GRID = 8, (3, 3)


def draw_weights(net, norm_weights, generator):
    state = {}
    for name, tensor in net.state_dict().items():
        values = torch.randn(tensor.shape, generator=generator)
        if tensor.dim() == 1:
            is_one = name.endswith("weight")
            values = (1 if is_one else 0) + (0 if is_one and is_left_out(name) and not norm_weights else 0.2) * values
        elif "embed" not in name:
            values = values * 1.5 * tensor.shape[1] ** -0.5
        state[name] = values.half().float()
    net.load_state_dict(state)
    return net.eval()


def compute(encoder, decoder, text, image, dtype):
    """Logits [2, H·W, rows] of both texts: the picture at once, and token by token."""
    encoder, decoder = encoder.to(dtype), decoder.to(dtype)
    count = image.shape[1]
    mask = text.not_equal(1)[:, None, None, :]
    encoder.pose_tokens = torch.stack([torch.arange(TEXT_LENGTH)] * 2)
    encoded = encoder(text)
    dim = encoded.shape[2]
    state = lambda: torch.zeros((decoder.layer_count, 4, count, dim), dtype=dtype)
    places = torch.arange(count)
    whole, _ = decoder(
        attention_mask=mask, encoder_state=encoded, attention_state=state(), prev_tokens=image, token_index=places
    )
    steps, kept = [], state()
    for place in range(count):
        logits, kept = decoder(
            attention_mask=mask,
            encoder_state=encoded,
            attention_state=kept,
            prev_tokens=image[:, [place]],
            token_index=places[[place]],
        )
        steps.append(logits)
    return whole, torch.cat(steps, 1)


def draw_greedily(encoder, decoder, text, case, guidance):
    """The likeliest token at each place, guided, and by how much the best is better than the second at the least."""
    count = GRID[0] * GRID[1]
    tokens, gaps = [case["start"]], []
    for place in range(count):
        given = torch.tensor([tokens + [0] * (count - len(tokens))])
        whole, _ = compute(encoder, decoder, text, given, torch.float64)
        empty, full = whole[:, place, : case["image_vocab"]]
        best = (empty + guidance * (full - empty)).topk(2)
        gaps.append(float(best.values[0] - best.values[1]))
        tokens.append(int(best.indices[0]))
    return {"guidance": guidance, "tokens": tokens[1:], "smallestGap": min(gaps)}


def make(classes, name, case, index):
    generator = torch.Generator().manual_seed(SEED + index)
    depth, dim, heads, glu, text_vocab, image_rows = case["sizes"]
    classes[1].IMAGE_TOKEN_COUNT = GRID[0] * GRID[1]
    pair = make_pair(classes, *case["sizes"], text_length=TEXT_LENGTH)
    pair = [draw_weights(net, case["norm_weights"], generator) for net in pair]
    text = torch.tensor([words + [1] * (TEXT_LENGTH - len(words)) for words in case["words"]])
    image = torch.randint(case["image_vocab"], (1, GRID[0] * GRID[1]), generator=generator)
    shifted = torch.cat([torch.tensor([[case["start"]]]), image[:, :-1]], 1)
    with torch.no_grad():
        single, _ = compute(*pair, text, shifted, torch.float32)
        double, cached = compute(*pair, text, shifted, torch.float64)
        assert torch.allclose(double, cached, rtol=0, atol=1e-11)
        greedy = [draw_greedily(*pair, text, case, guidance) for guidance in (1, 16)]
    drawn = case["image_vocab"]
    single, double = single[..., :drawn].numpy(), double[..., :drawn].numpy()
    for part, net in zip(("encoder", "decoder"), pair):
        keep = lambda key: case["norm_weights"] or not is_left_out(key)
        tensors = {key: value.half() for key, value in net.state_dict().items() if keep(key)}
        write_halves(os.path.join(FOLDER, f"{name}.{part}.safetensors"), tensors)
    np.save(os.path.join(FOLDER, f"{name}.text.npy"), text.numpy().astype(np.int32))
    np.save(os.path.join(FOLDER, f"{name}.image.npy"), image.numpy().astype(np.int32))
    np.save(os.path.join(FOLDER, f"{name}.logits.f64.npy"), double)
    common = {"dim": dim, "depth": depth, "heads": heads, "glu_size": glu, "norm_weights": case["norm_weights"]}
    return {
        "name": name,
        "encoder": {
            "kind": "bart-encoder",
            **common,
            "text_length": TEXT_LENGTH,
            "text_vocab": text_vocab,
            "text_start": 0,
            "text_end": 2,
            "text_pad": 1,
        },
        "decoder": {
            "kind": "bart-decoder",
            **common,
            "grid": list(GRID),
            "image_rows": image_rows + 1,
            "image_vocab": drawn,
            "start_token": case["start"],
        },
        "errors": {"logits": compare(single, double)},
        "greedy": greedy,
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    classes = open_classes(sys.argv[1])
    check_published(classes)
    os.makedirs(FOLDER, exist_ok=True)
    for file in os.listdir(FOLDER):
        os.remove(os.path.join(FOLDER, file))
    cases = [make(classes, name, case, index) for index, (name, case) in enumerate(CASES.items())]
    what = {"what": "BARTs of min-dalle's classes", "commit": COMMIT, "seed": SEED, "cases": cases}
    write_record(FOLDER, "make_min_dalle.py", what)
    for case in cases:
        print(case["name"], case["errors"]["logits"], case["greedy"])
