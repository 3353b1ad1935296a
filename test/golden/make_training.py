"""Makes dvae-training/: the loss of a small dVAE, all its gradients and three steps of AdamW, by PyTorch.

    /usr/bin/python3 test/golden/make_training.py

The objective is written out here once more, of the paper's formulas and what the recipes add: gumbel-softmax of given
uniforms, KL(q || uniform), logit-Laplace, a usage term, a floor under ln b, a squared error, straight-through. Steps
have an epsilon of 1e-4, so that where a gradient is nothing but rounding a step is small, and not a sign.
"""

import copy
import math
import os
import shutil

import dall_e
import numpy as np
import torch
import torch.nn.functional as F
from evaluate import HERE, map_pixels, one_hot, write_record
from make_goldens import centre_output, draw_pixels, fill

FOLDER = os.path.join(HERE, "dvae-training")
SEED, BATCH, SIZE, STEPS = 2, 2, 16, 3
EPS = 0.1
ENCODER = {"n_hid": 8, "n_blk_per_group": 1, "input_channels": 3, "vocab_size": 32}
DECODER = {"n_init": 8, "n_hid": 8, "n_blk_per_group": 1, "output_channels": 3, "vocab_size": 32}
OPTIMIZER = {"rate": 1e-3, "beta1": 0.9, "beta2": 0.99, "epsilon": 1e-4, "decay": 1e-2, "clip": 1.0}
# What the objective is, and the schedule's numbers; `divergence` multiplies the mean of KL over positions.
CASES = (
    ("paper", {}, {"temperature": 0.7, "divergence": 6.6 / 192, "usage": 0.0, "likelihood": 1.0}),
    (
        "likelihood",
        {"squaredWeight": 40, "floor": -1.0},
        {"temperature": 0.4, "divergence": -0.03, "usage": 0.1, "likelihood": 1.0},
    ),
    (
        "squared",
        {"squaredWeight": 40, "floor": -2.0, "straightThrough": True},
        {"temperature": 0.9, "divergence": -0.03, "usage": 0.1, "likelihood": 0.0},
    ),
)


def compute_loss(nets, x0, uniforms, objective, schedule):
    """The loss, and the terms that ours reports."""
    encoder, decoder = nets
    x = (1 - 2 * EPS) * x0 + EPS
    logits = encoder(x)
    soft = F.softmax((logits - torch.log(-torch.log(uniforms))) / schedule["temperature"], 1)
    codes = soft
    if objective.get("straightThrough"):
        hard = F.one_hot(soft.argmax(1), soft.shape[1]).permute(0, 3, 1, 2).to(soft.dtype)
        codes = hard - soft.detach() + soft
    location, scale = decoder(codes).chunk(2, 1)
    if "floor" in objective:
        scale = objective["floor"] + F.softplus(scale - objective["floor"])
    likelihood = (scale + torch.log(2 * x * (1 - x)) + (torch.logit(x) - location).abs() / scale.exp()).mean()
    squared = F.mse_loss((torch.sigmoid(location) - EPS) / (1 - 2 * EPS), x0)
    q, log_q = F.softmax(logits, 1), F.log_softmax(logits, 1)
    vocabulary = math.log(logits.shape[1])
    divergence = (q * log_q).sum(1).mean() + vocabulary
    shares = q.mean((0, 2, 3))
    information = (shares * (shares + 1e-9).log()).sum()
    part = schedule["likelihood"] if "squaredWeight" in objective else 1
    picture = part * likelihood + (1 - part) * objective.get("squaredWeight", 0) * squared
    loss = picture + schedule["divergence"] * divergence + schedule["usage"] * (information + vocabulary)
    terms = {"likelihood": likelihood, "squared": squared, "divergence": divergence, "perplexity": (-information).exp()}
    return loss, {name: float(term) for name, term in {"loss": loss, **terms}.items()}


def named(nets):
    return [(f"{part}.{name}", p) for part, net in zip(("encoder", "decoder"), nets) for name, p in net.named_parameters()]


def train(nets, pixels, uniforms, objective, schedule, dtype):
    """Three steps: what the first one says, its gradients, and the weights behind the last."""
    nets = [copy.deepcopy(net).to(dtype) for net in nets]
    weights = named(nets)
    for _, p in weights:
        p.requires_grad_()
    o = OPTIMIZER
    groups = [
        {"params": [p for _, p in weights if p.dim() == 4], "weight_decay": o["decay"]},
        {"params": [p for _, p in weights if p.dim() != 4], "weight_decay": 0},
    ]
    optimizer = torch.optim.AdamW(groups, o["rate"], (o["beta1"], o["beta2"]), o["epsilon"])
    terms, gradients = [], None
    for step in range(STEPS):
        optimizer.zero_grad()
        loss, said = compute_loss(nets, pixels.to(dtype), uniforms[step].to(dtype), objective, schedule)
        loss.backward()
        gradients = gradients or [p.grad.detach().clone() for _, p in weights]
        norm = torch.nn.utils.clip_grad_norm_([p for _, p in weights], o["clip"])
        optimizer.step()
        terms.append({**said, "norm": float(norm)})
    return terms, gradients, [p.detach() for _, p in weights]


def distance(single, double):
    """Norm of a tensor, and how far float32 is from it."""
    return {"norm": float(double.norm()), "error": float((single.double() - double).norm())}


def store(name, tensors):
    """All tensors after each other, row-major, rounded to float32."""
    np.save(os.path.join(FOLDER, f"{name}.npy"), torch.cat([t.flatten() for t in tensors]).float().numpy())


def make_case(nets, pixels, uniforms, case):
    name, objective, schedule = case
    single, double = (train(nets, pixels, uniforms, objective, schedule, dtype) for dtype in (torch.float32, torch.float64))
    store(f"{name}.gradients", double[1])
    store(f"{name}.weights", double[2])
    names = [name for name, _ in named(nets)]
    compare = lambda at: {n: distance(s, d) for n, s, d in zip(names, single[at], double[at])}
    return {
        "name": name,
        "objective": objective,
        "schedule": schedule,
        "terms": double[0],
        "termErrors": [{key: abs(s[key] - d[key]) for key in d} for s, d in zip(single[0], double[0])],
        "gradients": compare(1),
        "weights": compare(2),
    }


def make_nets(random):
    encoder = dall_e.Encoder(ENCODER["n_hid"], 1, 3, ENCODER["vocab_size"])
    decoder = dall_e.Decoder(DECODER["n_init"], DECODER["n_hid"], 1, 3, DECODER["vocab_size"])
    fill(encoder, random)
    fill(decoder, random)
    centre_output(encoder, map_pixels(torch.from_numpy(draw_pixels(random, 4, SIZE, SIZE))), spread=2)
    grid = SIZE // 8
    codes = one_hot(random.integers(0, ENCODER["vocab_size"], (8, grid, grid)), ENCODER["vocab_size"])
    centre_output(decoder, codes, spread=1)
    return encoder, decoder


if __name__ == "__main__":
    torch.set_num_threads(1)
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.mkdir(FOLDER)
    random = np.random.default_rng(SEED)
    nets = make_nets(random)
    pixels = draw_pixels(random, BATCH, SIZE, SIZE)
    # As the product draws them: odd multiples of 2^-24.
    drawn = random.integers(0, 2**23, (STEPS, BATCH, ENCODER["vocab_size"], SIZE // 8, SIZE // 8))
    uniforms = ((drawn + 0.5) / 2**23).astype(np.float32)
    np.save(os.path.join(FOLDER, "pixels.npy"), pixels)
    np.save(os.path.join(FOLDER, "uniforms.npy"), uniforms)
    store("start", [p.detach() for _, p in named(nets)])
    cases = [make_case(nets, torch.from_numpy(pixels), torch.from_numpy(uniforms), case) for case in CASES]
    record = {
        "what": "a small dVAE of random weights: loss, gradients, and the weights after three steps of AdamW",
        "seed": SEED,
        "encoder": ENCODER,
        "decoder": DECODER,
        "optimizer": OPTIMIZER,
        "shapes": {name: list(p.shape) for name, p in named(nets)},
        "cases": cases,
    }
    write_record(FOLDER, "make_training.py", record)
    for case in cases:
        worst = max(case["gradients"].items(), key=lambda item: item[1]["error"] / item[1]["norm"])
        print(case["name"], case["terms"], worst)
