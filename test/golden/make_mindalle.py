"""Makes the goldens of mindalle/: a small second stage of minDALL-E's own class, as its training saves one.

    /usr/bin/python3 test/golden/make_mindalle.py CHECKOUT

CHECKOUT is kakaobrain/minDALL-E at e5480076b9634e9dc097e1892157ed2cf15a2f86; nothing of it is copied here. What its
package imports and the net does not need is stood in for. The published size is asserted first, on tensors without
numbers. Weights are random, and hold no more than halves do.
"""

import os
import sys
import types

import numpy as np
import torch
from evaluate import HERE, compare, write_record

FOLDER = os.path.join(HERE, "mindalle")
SEED = 20261130
SEQUENCES = 2
AFTER = 3

FIXED = {
    "embd_pdrop": 0.0,
    "resid_pdrop": 0.0,
    "attn_pdrop": 0.0,
    "mlp_bias": True,
    "attn_bias": True,
    "gelu_use_approx": False,
}
# configs/dalle-1.3B.yaml
PUBLISHED = {
    "embed_dim": 1536,
    "n_layers": 42,
    "n_heads": 24,
    "n_dense_layers": 42,
    "ctx_len_img": 256,
    "ctx_len_txt": 64,
    **FIXED,
}
SMALL = {"embed_dim": 32, "n_layers": 2, "n_heads": 2, "n_dense_layers": 2, "ctx_len_img": 16, "ctx_len_txt": 6, **FIXED}
TEXT_ROWS, IMAGE_ROWS = 20, 22
WORDS = [[7, 4], [4, 9, 5, 12, 19, 3]]


def import_original(checkout):
    """Its modules, without the packages' own __init__, which import all that trains and downloads."""
    for name in ("dalle", "dalle.models", "dalle.models.stage2"):
        module = types.ModuleType(name)
        module.__path__ = [os.path.join(checkout, *name.split("."))]
        sys.modules[name] = module
    sys.modules["omegaconf"] = types.ModuleType("omegaconf")
    sys.modules["omegaconf"].OmegaConf = dict
    from dalle.models.stage2 import transformer

    return transformer


def check_full_size(original):
    kinds = (torch.nn.Linear, torch.nn.Embedding, torch.nn.LayerNorm)

    def without_numbers(kind):
        return lambda *args, **options: kind(*args, **options, device="meta")

    # It asks of what class its modules are, so the functions cannot stand for classes there.
    original.Transformer1d._init_weights = lambda *_: None
    for kind in kinds:
        setattr(torch.nn, kind.__name__, without_numbers(kind))
    try:
        model = original.Transformer1d(16384, 16384, types.SimpleNamespace(**PUBLISHED))
    finally:
        for kind in kinds:
            setattr(torch.nn, kind.__name__, kind)
    counts = len(model.state_dict()), sum(p.numel() for p in model.parameters())
    print("minDALL-E", counts)
    assert counts == (680, 1_291_081_728), counts


def draw_weights(model, generator):
    """Gains around one, products that keep the variance and a little more: attention is sharp, no logit is huge."""
    for name, tensor in model.named_parameters():
        values = torch.randn(tensor.shape, generator=generator)
        if ".ln" in name or name.startswith("ln_f"):
            values = (1 if name.endswith("weight") else 0) + 0.2 * values
        elif name.endswith("bias"):
            values = 0.1 * values
        elif name.startswith("pos_emb"):
            values = 0.5 * values
        elif not name.startswith("tok_emb"):
            values = values * 1.4 / tensor.shape[1] ** 0.5
        tensor.data = values.half().float()


def compute(model, text, image):
    places = torch.arange(text.shape[1])[None], torch.arange(image.shape[1])[None]
    image_logits, text_logits = model(image, text, places[1], places[0])
    return {"textLogits": text_logits.numpy(), "imageLogits": image_logits.numpy()}


def compute_cached(model, text, image):
    """What its sampling sees: the logits after the text, and after each of the first tokens."""
    places = torch.arange(text.shape[1])[None]
    logits, present = model.sampling(None, text, None, places, use_fp16=False, past=None)
    past, steps = [torch.stack(present)], [logits]
    for index in range(AFTER):
        code = image[:, index : index + 1]
        logits, present = model.sampling(code, text, torch.tensor([[index]]), places, use_fp16=False, past=past)
        past.append(torch.stack(present))
        steps.append(logits)
    return torch.stack(steps, 1)


def make(original):
    generator = torch.Generator().manual_seed(SEED)
    model = original.Transformer1d(TEXT_ROWS, IMAGE_ROWS, types.SimpleNamespace(**SMALL)).eval()
    draw_weights(model, generator)
    # The pad of the published vocabulary is token 0.
    text = torch.tensor([words + [0] * (SMALL["ctx_len_txt"] - len(words)) for words in WORDS])
    image = torch.randint(0, IMAGE_ROWS, (SEQUENCES, SMALL["ctx_len_img"]), generator=generator)
    # What dalle-gl asks of a file of no published size: as its config.yaml has it.
    lightning = {
        "stage2": {"type": "transformer1d", "hparams": {"n_heads": SMALL["n_heads"], "gelu_use_approx": False}},
        "epoch": 10,
        "global_step": 1234,
        "pytorch-lightning_version": "1.5.1",
        "state_dict": model.state_dict(),
        "callbacks": {},
        "optimizer_states": [],
        "lr_schedulers": [],
    }
    torch.save(lightning, os.path.join(FOLDER, "stage2.pt"))
    single = compute(model, text, image)
    double = compute(model.double(), text, image)
    cached = compute_cached(model, text, image)
    error = float(np.abs(cached.numpy() - double["imageLogits"][:, : AFTER + 1]).max())
    print("cached - uncached:", error)
    assert error < 1e-12, error
    arrays = {"text": text.numpy().astype(np.int32), "image": image.numpy().astype(np.int32)}
    arrays |= {f"{key}.f64": value for key, value in double.items()}
    for key, array in arrays.items():
        np.save(os.path.join(FOLDER, f"stage2.{key}.npy"), array)
    return {key: compare(single[key], double[key]) for key in single}


def describe():
    """The same net in dalle-gl's words (nets/transformer/architecture.ts)."""
    dim, heads = SMALL["embed_dim"], SMALL["n_heads"]
    return {
        "kind": "transformer",
        "names": "mindalle",
        "dim": dim,
        "depth": SMALL["n_layers"],
        "heads": heads,
        "head_size": dim // heads,
        "text_length": SMALL["ctx_len_txt"],
        "text_vocab": TEXT_ROWS,
        "image_vocab": IMAGE_ROWS,
        "grid": [4, 4],
        "attention": ["full"] * SMALL["n_layers"],
        "conv_kernel": 1,
        "conv_edges": "cut",
        "activation": "gelu-erf",
        "mlp_size": 4 * dim,
        "norm": "pre",
        "layer_scale": False,
        "qkv_bias": True,
        "position": "text+image",
        "rotate_values": False,
        "pads": "zero",
        "start_token": False,
        "heads_of_output": "separate",
        "shift_tokens": False,
        "output_bias": False,
        "qkv_joined": False,
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    original = import_original(sys.argv[1])
    os.makedirs(FOLDER, exist_ok=True)
    for name in os.listdir(FOLDER):
        os.remove(os.path.join(FOLDER, name))
    with torch.no_grad():
        check_full_size(original)
        errors = make(original)
    record = {
        "what": "a small second stage of minDALL-E with random weights: whole sequences",
        "source": "kakaobrain/minDALL-E@e5480076b9634e9dc097e1892157ed2cf15a2f86",
        "seed": SEED,
        "cases": [{"name": "stage2", "architecture": describe(), "words": WORDS, "errors": errors}],
    }
    write_record(FOLDER, "make_mindalle.py CHECKOUT", record)
    print(errors)
