"""Makes the goldens of discrete-vae/: small discrete VAEs of DALLE-pytorch's own class, in float32 and in float64.

    PYTHONPATH=PACKAGES /usr/bin/python3 test/golden/make_discrete_vae.py DALLE_PYTORCH

DALLE_PYTORCH is a checkout of lucidrains/DALLE-pytorch at 58c1e1a, of which nothing is stored here; PACKAGES has einops.
First the class is built at its default size, and its tensors and parameters counted. Then small ones are made: without
residual blocks and with two, of pictures of three channels and of four, each saved as its train_vae.py does.
"""

import os
import sys

import numpy as np
import torch
from evaluate import HERE, compare, hash_weights, run_both, top_two_gap, write_record
from originals import open_dalle_pytorch

FOLDER = os.path.join(HERE, "discrete-vae")
SEED = 20261130
DiscreteVAE = open_dalle_pytorch(sys.argv[1]).DiscreteVAE

CASES = {
    "plain": dict(image_size=16, num_layers=2, num_tokens=24, codebook_dim=10, hidden_dim=6, num_resnet_blocks=0),
    "blocks": dict(image_size=16, num_layers=2, num_tokens=37, codebook_dim=9, hidden_dim=8, num_resnet_blocks=2),
    "opacity": dict(image_size=8, num_layers=1, num_tokens=16, codebook_dim=8, hidden_dim=5, num_resnet_blocks=0, channels=4),
    "opacity-blocks": dict(
        image_size=16, num_layers=3, num_tokens=20, codebook_dim=7, hidden_dim=8, num_resnet_blocks=2, channels=4
    ),
}


def count(net):
    tensors = net.state_dict().values()
    return len(tensors), sum(tensor.numel() for tensor in tensors)


def check_default_size():
    """3 layers of 64 channels, 512 codes of 512 numbers: two tensors for each of eight convolutions, and the codebook."""
    parameters = 512 * 512 + (3 * 16 * 64 + 64) + 2 * (64 * 64 * 16 + 64) + (64 * 512 + 512)
    parameters += (512 * 64 * 16 + 64) + 2 * (64 * 64 * 16 + 64) + (64 * 3 + 3)
    assert count(DiscreteVAE()) == (17, parameters), (count(DiscreteVAE()), parameters)
    assert count(DiscreteVAE(num_resnet_blocks=2))[0] == 17 + 2 * 2 * 6 + 2


def draw(net, generator):
    """Kernels that keep the size of numbers; biases that matter."""
    for name, parameter in net.named_parameters():
        values = torch.randn(parameter.shape, generator=generator)
        transposed = parameter.dim() == 4 and name.startswith("decoder") and parameter.shape[2] == 4
        terms = parameter[:, 0].numel() / 4 if transposed else parameter[0].numel() if parameter.dim() == 4 else 1
        gain = 0.3 if parameter.shape[0] == net.channels else 1.2  # so that most pixels are within −1…1
        parameter.data = values * (gain / terms**0.5 if parameter.dim() == 4 else 0.3 if parameter.dim() == 1 else 1)


class Encoding(torch.nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, pixels):
        return self.net(pixels, return_logits=True)


class Decoding(Encoding):
    def forward(self, tokens):
        """Its `decode` takes the tokens of a square picture in a row."""
        return self.net.decode(tokens.long().flatten(1))


def make(name, params, index):
    generator = torch.Generator().manual_seed(SEED + index)
    net = DiscreteVAE(**params).eval()
    draw(net, generator)
    side = params["image_size"]
    pixels = torch.rand(2, net.channels, side, side, generator=generator)
    single, double = run_both(Encoding(net), pixels)
    tokens = double.argmax(1).astype(np.int32)
    maps, exact = run_both(Decoding(net), torch.from_numpy(tokens))
    arrays = {"pixels": pixels.numpy(), "tokens": tokens, "gap": top_two_gap(double), "logits.f64": double, "decoded.f64": exact}
    for key, array in arrays.items():
        np.save(os.path.join(FOLDER, f"{name}.{key}.npy"), array)
    torch.save({"hparams": params, "weights": net.state_dict()}, os.path.join(FOLDER, f"{name}.vae.pt"))
    return {
        "name": name,
        "shape": list(pixels.shape),
        "hparams": params,
        "weights": hash_weights(net),
        "errors": {"logits": compare(single, double), "decoded": compare(maps, exact)},
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    check_default_size()
    os.makedirs(FOLDER, exist_ok=True)
    for file in os.listdir(FOLDER):
        os.remove(os.path.join(FOLDER, file))
    with torch.no_grad():
        cases = [make(name, params, index) for index, (name, params) in enumerate(CASES.items())]
    record = {"what": "small discrete VAEs of DALLE-pytorch's class", "commit": "58c1e1a", "seed": SEED, "cases": cases}
    write_record(FOLDER, "make_discrete_vae.py", record)
    for case in cases:
        print(case["name"], case["errors"])
