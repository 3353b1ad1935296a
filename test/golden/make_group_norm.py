"""Makes the goldens of group-norm/: torch.nn.functional.group_norm and silu of it, in float32 and in float64.

    /usr/bin/python3 test/golden/make_group_norm.py

Odd sizes, as many channels as groups and twice as many, and numbers whose mean is far above their deviation.
"""

import os

import numpy as np
import torch
from evaluate import HERE, compare, write_record
from torch.nn.functional import group_norm, silu

FOLDER = os.path.join(HERE, "group-norm")
SEED = 20261130
# Batch, channels, height, width; groups, epsilon; the mean of the numbers and how far those of channels lie apart.
CASES = {
    "32-channels": ((2, 32, 9, 7), 32, 1e-6, 0.5, 1),
    "64-channels": ((1, 64, 5, 11), 32, 1e-6, 0.5, 1),
    "128-channels": ((1, 128, 3, 5), 32, 1e-5, -2, 1),
    "one-pixel": ((1, 64, 1, 1), 32, 1e-6, 0, 1),
    "far-from-zero": ((1, 64, 9, 7), 32, 1e-6, 3000, 0),
    "very-far-from-zero": ((1, 64, 7, 5), 16, 1e-5, -2e6, 0),
}


def make(name, case, index):
    shape, groups, epsilon, mean, apart = case
    generator = torch.Generator().manual_seed(SEED + index)
    draw = lambda *size: torch.randn(size, generator=generator)
    x = (mean + draw(*shape) + apart * draw(1, shape[1], 1, 1)).float()
    weight, bias = 1 + 0.3 * draw(shape[1]), 0.3 * draw(shape[1])
    compute = lambda type: group_norm(x.to(type), groups, weight.to(type), bias.to(type), epsilon)
    single, double = compute(torch.float32), compute(torch.float64)
    arrays = {"x": x, "weight": weight, "bias": bias, "normal.f64": double, "silu.f64": silu(double)}
    for key, array in arrays.items():
        np.save(os.path.join(FOLDER, f"{name}.{key}.npy"), array.numpy())
    return {"name": name, "groups": groups, "epsilon": epsilon, "errors": compare(single.numpy(), double.numpy())}


if __name__ == "__main__":
    torch.set_num_threads(1)
    os.makedirs(FOLDER, exist_ok=True)
    for file in os.listdir(FOLDER):
        os.remove(os.path.join(FOLDER, file))
    cases = [make(name, case, index) for index, (name, case) in enumerate(CASES.items())]
    write_record(FOLDER, "make_group_norm.py", {"what": "group_norm and silu of it", "seed": SEED, "cases": cases})
    for case in cases:
        print(case["name"], case["errors"])
