"""Makes the goldens of transformer-training/: loss, gradients and three steps, in float32 and float64.

    /usr/bin/python3 test/golden/make_transformer_training.py

The transformers, weights and tokens are those of transformer/ (make_transformers.py), so that every mask and every
family is here. The loss is an eighth of the text's cross-entropy and seven eighths of the image's, each a mean over its
tokens; gradients are autograd's, and steps those of torch.optim.AdamW behind torch's clipping to a norm.
"""

import os

import numpy as np
import torch
from evaluate import HERE, write_record
from make_transformers import CONFIGURATIONS, SEED, compute_logits, draw_text, draw_weights, list_angles, list_shapes
from torch.nn.functional import cross_entropy

FOLDER = os.path.join(HERE, "transformer-training")
STEPS = 3
RATE = 1e-3
SETTINGS = {"beta1": 0.9, "beta2": 0.96, "epsilon": 1e-8, "decay": 4.5e-2, "clip": 1.0}
LEAST_GRADIENT = 1e-6


def decays(name, value):
    """Products do; biases, gains and whatever is looked up do not."""
    return value.dim() == 2 and not any(part in name for part in ("embedding", "position", "image_row", "image_column"))


def compute_losses(shape, weights, angles, text, image):
    words, pixels = compute_logits(shape, weights, angles, text, image)
    text_loss = cross_entropy(words.flatten(0, 1), text[:, 1:].flatten())
    image_loss = cross_entropy(pixels.flatten(0, 1), image.flatten())
    return text_loss / 8 + 7 * image_loss / 8, text_loss, image_loss


def train(shape, given, angles, text, image, dtype):
    """Losses of every step, gradients and weights of all tensors in a row, before the first step and after the last,
    and the least that each number's gradient was."""
    weights = {name: value.to(dtype).requires_grad_() for name, value in given.items()}
    groups = [
        {"params": [w for name, w in weights.items() if decays(name, w)], "weight_decay": SETTINGS["decay"]},
        {"params": [w for name, w in weights.items() if not decays(name, w)], "weight_decay": 0.0},
    ]
    betas = (SETTINGS["beta1"], SETTINGS["beta2"])
    optimizer = torch.optim.AdamW(groups, lr=RATE, betas=betas, eps=SETTINGS["epsilon"])
    losses, norms, first, least = [], [], None, None
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss, text_loss, image_loss = compute_losses(shape, weights, angles.to(dtype), text, image)
        loss.backward()
        gradient = {name: w.grad.double().numpy().copy() for name, w in weights.items()}
        first = first or gradient
        sizes = {name: np.abs(g) for name, g in gradient.items()}
        least = sizes if least is None else {name: np.minimum(least[name], g) for name, g in sizes.items()}
        norms.append(float(torch.nn.utils.clip_grad_norm_(list(weights.values()), SETTINGS["clip"])))
        losses.append([float(loss), float(text_loss), float(image_loss)])
        optimizer.step()
    last = {name: w.detach().double().numpy() for name, w in weights.items()}
    return losses, norms, first, last, least


def norm(x):
    return float(np.sqrt(np.sum(np.square(x))))


def make(name, shape, index):
    generator = torch.Generator().manual_seed(SEED + index)
    given = draw_weights(shape, generator)
    text = draw_text(shape, generator)
    image = torch.randint(0, shape["image_vocab"], (text.shape[0], shape["grid"][0] * shape["grid"][1]), generator=generator)
    angles = list_angles(text.shape[1], shape["grid"], shape["head_size"])
    single = train(shape, given, angles, text, image, torch.float32)
    double = train(shape, given, angles, text, image, torch.float64)
    losses, norms, gradients, weights, least = double
    compared = {key: value > LEAST_GRADIENT for key, value in least.items()}
    tensors = [
        {
            "name": key,
            "shape": list(gradients[key].shape),
            "decays": decays(key, given[key]),
            "gradientError": norm(single[2][key] - gradients[key]),
            "weightError": norm((single[3][key] - weights[key])[compared[key]]),
        }
        for key in list_shapes(shape)
    ]

    def lay(values):
        return np.concatenate([values[key].ravel() for key in list_shapes(shape)]).astype(np.float32)

    np.save(os.path.join(FOLDER, f"{name}.gradients.npy"), lay(gradients))
    # What a step of Adam makes of next to nothing is chance: not a number here.
    kept = {key: np.where(compared[key], weights[key], np.nan) for key in weights}
    np.save(os.path.join(FOLDER, f"{name}.weights.npy"), lay(kept))
    errors = [[abs(s - d) for s, d in zip(*pair)] for pair in zip(single[0], losses)]
    return {"name": name, "losses": losses, "lossErrors": errors, "norms": norms, "tensors": tensors}


if __name__ == "__main__":
    torch.set_num_threads(1)
    os.makedirs(FOLDER, exist_ok=True)
    for file in os.listdir(FOLDER):
        os.remove(os.path.join(FOLDER, file))
    cases = [make(name, shape, index) for index, (name, shape) in enumerate(CONFIGURATIONS.items())]
    record = {
        "what": "three steps of training the transformers of transformer/: losses [step][whole, text, image]",
        "seed": SEED,
        "rate": RATE,
        "settings": SETTINGS,
        "cases": cases,
    }
    write_record(FOLDER, "make_transformer_training.py", record)
    for case in cases:
        print(case["name"], case["losses"], case["norms"])
