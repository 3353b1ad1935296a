"""Makes the goldens of rudalle/: small transformers of ru-dalle's own classes in both of its versions, and its masks.

    /usr/bin/python3 test/golden/make_rudalle.py CHECKOUT

CHECKOUT is ai-forever/ru-dalle at 0255cec528ad936f54f79962db9b46429e80dad6; nothing of it is copied here. What its
package imports and the net does not need (downloads, pictures) is stood in for. The sizes of Malevich and Kandinsky are
asserted first, on tensors without numbers. Weights are random, and halves as in the published files.
"""

import os
import sys
import types

import numpy as np
import torch
from evaluate import HERE, compare, write_record

FOLDER = os.path.join(HERE, "rudalle")
SEED = 20261130
SEQUENCES = 2
GRIDS = range(4, 13)
TEXT = 6
SIZES = {"num_layers": 5, "hidden_size": 32, "num_attention_heads": 2, "text_seq_length": TEXT, "vocab_size": 20 + TEXT}
FIXED = {
    "image_vocab_size": 22,
    "embedding_dropout_prob": 0.1,
    "attention_dropout_prob": 0.1,
    "output_dropout_prob": 0.1,
    "cogview_sandwich_layernorm": True,
    "cogview_pb_relax": True,
}


def import_original(checkout):
    """Its modules, without the package's own __init__, which imports all that draws and downloads."""

    def stand_in(name, **attributes):
        module = types.ModuleType(name)
        module.__dict__.update(attributes)
        sys.modules[name] = module

    nothing = lambda *_, **__: None
    stand_in("rudalle", __path__=[os.path.join(checkout, "rudalle")])
    stand_in("einops", rearrange=nothing)  # for its loss alone
    stand_in("tqdm")
    stand_in("tqdm.auto", tqdm=nothing)
    stand_in("requests", HTTPError=Exception)
    stand_in("huggingface_hub", hf_hub_url=nothing, cached_download=nothing)
    stand_in("youtokentome")
    from rudalle import dalle, tokenizer
    from rudalle.dalle import image_attention

    return dalle, image_attention, tokenizer.YTTMTokenizerWrapper


def check_full_size(dalle):
    """Malevich's tensors and parameters, and Kandinsky's, without a number of them."""
    kinds = (torch.nn.Linear, torch.nn.Embedding, torch.nn.LayerNorm)
    from rudalle.dalle import transformer

    def without_numbers(kind):
        return lambda *args, **options: kind(*args, **options, device="meta")

    for kind in kinds:
        setattr(torch.nn, kind.__name__, without_numbers(kind))
    transformer.LayerNorm = torch.nn.LayerNorm
    try:
        for name, tensors, parameters in [("Malevich", 398, 1_310_410_880), ("Kandinsky", 1038, 11_519_306_624)]:
            config = dalle.MODELS[name]
            model = dalle.DalleModel(device="cpu", hf_version=config["hf_version"], **config["model_params"])
            counts = len(model.state_dict()), sum(p.numel() for p in model.parameters())
            print(name, counts)
            assert counts == (tensors, parameters), (name, counts)
            for mask in ("row_mask", "col_mask", "conv_mask"):
                stored = model.state_dict()[f"transformer.{mask}"]
                assert stored.dtype == torch.bool and stored.shape == (1152, 1152)
    finally:
        for kind in kinds:
            setattr(torch.nn, kind.__name__, kind)
        transformer.LayerNorm = torch.nn.LayerNorm


def draw_weights(model, generator):
    """Gains around one, products that keep the variance and a little more: attention is sharp, no logit is huge."""
    for name, tensor in model.named_parameters():
        values = torch.randn(tensor.shape, generator=generator)
        if "layernorm" in name or name.startswith("to_logits.0"):
            values = (1 if name.endswith("weight") else 0) + 0.2 * values
        elif name.endswith("bias"):
            values = 0.1 * values
        elif "pos_emb" in name or "row_emb" in name or "col_emb" in name:
            values = 0.5 * values
        elif "embeddings" not in name:
            values = values * 1.4 / tensor.shape[1] ** 0.5
        tensor.data = values.half().float()


def compute(model, ids, dtype):
    """Logits [S, T, text + image rows] of a whole sequence; T is what the model's masks are for."""
    model = model.double() if dtype == torch.float64 else model.float()
    length = model.total_seq_length
    tril = torch.tril(torch.ones(len(ids), 1, length, length, dtype=dtype))
    whole, _ = model(ids, tril)
    return whole


def compute_cached(model, ids, dtype):
    """The last logits after each prefix of the image, as its generate_images asks for them."""
    length = model.total_seq_length
    tril = torch.tril(torch.ones(len(ids), 1, length, length, dtype=dtype))
    cache, steps = None, []
    for end in range(TEXT, length):
        logits, cache = model(ids[:, :end], tril, use_cache=True, cache=cache)
        steps.append(logits[:, -1])
    return torch.stack(steps, 1)


def make(dalle, wrapper, version, grid, seed):
    name = f"{version}-{grid}"
    generator = torch.Generator().manual_seed(seed)
    model = dalle.DalleModel(device="cpu", hf_version=version, image_tokens_per_dim=grid, **SIZES, **FIXED).eval()
    draw_weights(model, generator)
    first = SIZES["vocab_size"] - TEXT
    # One text of a word and pads, and one that loses its end.
    words = [[7], [4, 9, 5, 12, 19]]
    text = torch.stack([wrapper.prepare_tokens([wrapper.bos_id, *w, wrapper.eos_id], TEXT) for w in words])
    image = torch.randint(0, FIXED["image_vocab_size"], (SEQUENCES, grid * grid), generator=generator)
    ids = torch.cat([text, image], 1)
    single, double = compute(model, ids, torch.float32), compute(model, ids, torch.float64)
    cached = compute_cached(model, ids, torch.float64)
    start = 1 if version == "v2" else 0
    places = TEXT + start
    assert single.shape[1] == TEXT + grid * grid
    if version == "v3":
        # v3 reads the last image token too; v2 cuts it off.
        single, double = single[:, :-1], double[:, :-1]
    uncached = double[:, places - 1 :]
    assert cached.shape == uncached.shape
    error = (cached - uncached).abs().max().item()
    print(name, "cached - uncached:", error)
    assert error < 1e-12, error
    # Beside the tensors what dalle-gl asks of a file of no published size, and what on a small grid no mask tells.
    stated = {"hf_version": version, "num_attention_heads": SIZES["num_attention_heads"]}
    torch.save({**stated, **model.half().state_dict()}, os.path.join(FOLDER, f"{name}.pt"))
    pads = torch.arange(first, first + TEXT)
    rows = torch.where(text == 0, pads, text)
    rows = torch.cat([torch.full((SEQUENCES, start), 2), rows], 1)
    vocabulary = SIZES["vocab_size"]

    def split(logits):
        text_logits, image_logits = logits[:, : places - 1, :vocabulary], logits[:, places - 1 :, vocabulary:]
        return {"textLogits": text_logits.detach().numpy(), "imageLogits": image_logits.detach().numpy()}

    results = {True: split(single), False: split(double)}
    arrays = {"text": rows.numpy().astype(np.int32), "image": image.numpy().astype(np.int32)}
    arrays |= {f"{key}.f64": value for key, value in results[False].items()}
    for key, array in arrays.items():
        np.save(os.path.join(FOLDER, f"{name}.{key}.npy"), array)
    errors = {key: compare(results[True][key], results[False][key]) for key in results[True]}
    return {"name": name, "architecture": describe(version, grid), "words": words, "errors": errors}


def describe(version, grid):
    """The same net in dalle-gl's words (nets/transformer/architecture.ts)."""
    dim, heads = SIZES["hidden_size"], SIZES["num_attention_heads"]
    second = {"start_row": 2, "shifted_masks": True} if version == "v2" else {}
    return {
        "kind": "transformer",
        "names": "rudalle",
        "dim": dim,
        "depth": SIZES["num_layers"],
        "heads": heads,
        "head_size": dim // heads,
        "text_length": TEXT,
        "text_vocab": SIZES["vocab_size"] - TEXT,
        "image_vocab": FIXED["image_vocab_size"],
        "grid": [grid, grid],
        "attention": ["row", "column", "row", "row", "conv"],
        "conv_kernel": 11,
        "conv_edges": "wrap" if version == "v2" else "cut",
        "activation": "gelu-tanh",
        "mlp_size": 4 * dim,
        "norm": "sandwich",
        "layer_scale": False,
        "qkv_bias": True,
        "position": "text+row+column",
        "rotate_values": False,
        "pads": "per-position",
        "start_token": version == "v2",
        "heads_of_output": "shared",
        "shift_tokens": False,
        "text_start": 2,
        "text_end": 3,
        "text_position_rows": TEXT + 1,
        "output_norm": True,
        **second,
    }


def make_masks(image_attention):
    """Every mask of both versions for grids of 4 to 12, the bits of each row after row, in bytes from the top bit on."""
    for grid in GRIDS:
        size = {"text_tokens": TEXT, "image_tokens_per_dim": grid, "is_bool_mask": True}
        masks = {
            "row": image_attention.get_row_mask(**size),
            "column": image_attention.get_col_mask(**size),
            "conv-v2": image_attention.get_conv_mask(**size, hf_version="v2"),
            "conv-v3": image_attention.get_conv_mask(**size, hf_version="v3"),
        }
        for name, mask in masks.items():
            assert mask.shape == (TEXT + grid * grid,) * 2
            np.save(os.path.join(FOLDER, f"mask.{name}.{grid}.npy"), np.packbits(mask.numpy().reshape(-1)))


if __name__ == "__main__":
    torch.set_num_threads(1)
    original, attention, wrapper = import_original(sys.argv[1])
    os.makedirs(FOLDER, exist_ok=True)
    for name in os.listdir(FOLDER):
        os.remove(os.path.join(FOLDER, name))
    with torch.no_grad():
        check_full_size(original)
        plan = [("v3", 4), ("v2", 4), ("v3", 12), ("v2", 12)]
        cases = [make(original, wrapper, *case, SEED + index) for index, case in enumerate(plan)]
        make_masks(attention)
    record = {
        "what": "small transformers of ru-dalle with random weights: whole sequences; and its masks",
        "source": "ai-forever/ru-dalle@0255cec528ad936f54f79962db9b46429e80dad6",
        "seed": SEED,
        "textLength": TEXT,
        "grids": list(GRIDS),
        "cases": cases,
    }
    write_record(FOLDER, "make_rudalle.py CHECKOUT", record)
    for case in cases:
        print(case["name"], case["errors"])
