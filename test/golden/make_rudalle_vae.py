"""Makes the golden of rudalle-vae/: a small VQGAN of ru-dalle's own classes whose decoder ends with an inverse wavelet
transform, in float32 and float64, and its checkpoint.

    /usr/bin/python3 test/golden/make_rudalle_vae.py RUDALLE TAMING

RUDALLE is a checkout of ai-forever/ru-dalle at 0255cec, TAMING one of CompVis/taming-transformers at 3ba01b2: nothing of
either is stored here. The published size is built first, and its tensors and parameters counted. PyWavelets is stood in
for by the filters that it gives for `db1`. Weights are windows upon a few small storages, as torch.save keeps them.
"""

import copy
import os
import sys
import types

import numpy as np
import torch
from evaluate import HERE, compare, write_record

FOLDER = os.path.join(HERE, "rudalle-vae")
SEED = 20261130
HALF = 0.7071067811865476  # as pywt.Wavelet("db1").rec_lo has it, twice


class Config(dict):
    """As omegaconf gives it: entries are attributes too."""

    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__


def import_original(rudalle, taming):
    def stub(name, **members):
        module = types.ModuleType(name)
        module.__dict__.update(members)
        sys.modules[name] = module

    class Wavelet:
        def __init__(self, name):
            assert name == "db1"
            self.rec_lo, self.rec_hi = [HALF, HALF], [HALF, -HALF]

    stub("pywt", Wavelet=Wavelet)
    stub("einops", rearrange=lambda x, pattern, h: x.view(x.shape[0], h, -1, x.shape[2]).permute(0, 3, 1, 2))
    stub("rudalle", __path__=[os.path.join(rudalle, "rudalle")])
    stub("rudalle.vae", __path__=[os.path.join(rudalle, "rudalle", "vae")])
    sys.path.insert(0, taming)
    from rudalle.vae import model

    return model.VQGanGumbelVAE


def build(original, n, e, **sizes):
    ddconfig = Config(double_z=False, in_channels=3, out_ch=3, dropout=0.0, **sizes)
    params = Config(ddconfig=ddconfig, n_embed=n, embed_dim=e, kl_weight=1e-8)
    return original(Config(model=Config(params=params)), dwt=True).eval()


def check_full_size(original):
    """vqgan.gumbelf8-sber.config.yml."""
    sizes = {"ch": 128, "ch_mult": [1, 1, 2, 4], "num_res_blocks": 2, "attn_resolutions": [32], "resolution": 256}
    vae = build(original, n=8192, e=256, z_channels=256, **sizes)
    counts = len(vae.state_dict()), sum(p.numel() for p in vae.parameters())
    decoder = [p for name, p in vae.named_parameters() if name.startswith("model.decoder.")]
    print("dwt", counts, len(decoder), sum(p.numel() for p in decoder))
    assert counts == (307, 69_072_140), counts


def fill(vae):
    """Random weights, which keep the variance of what they are given within a factor of two."""
    generator = torch.Generator().manual_seed(SEED)
    kernels = {2**-power: torch.randn(size, generator=generator) * 2**-power for power, size in SIZES}
    gains = 1 + 0.3 * torch.randn(700, generator=generator)
    shifts = 0.2 * torch.randn(700, generator=generator)
    used = 0
    for name, parameter in vae.named_parameters():
        shape = tuple(parameter.shape)
        if len(shape) == 1:
            pool = gains if name.endswith("weight") else shifts
        else:
            inputs = int(np.prod(shape[1:]))
            pool = next((pool for scale, pool in kernels.items() if scale**2 * inputs <= 1.2), kernels[2**-5])
            pool = kernels[2**0] if "embed" in name else pool
        used += 37
        start = used % (pool.numel() - parameter.numel() + 1)
        parameter.data = pool[start : start + parameter.numel()].view(shape)


SIZES = ((0, 200), (1, 900), (2, 1_500), (3, 5_500), (4, 19_000), (5, 37_500))


def decode(vae, tokens):
    """By the class's own lookup and decoder, before it clamps."""
    z = vae.model.quantize.embed(torch.from_numpy(tokens.astype(np.int64))).permute(0, 3, 1, 2)
    return vae.model.decode(z)


def main():
    original = import_original(sys.argv[1], sys.argv[2])
    os.makedirs(FOLDER, exist_ok=True)
    check_full_size(original)
    sizes = {"ch": 32, "ch_mult": [1, 2], "num_res_blocks": 1, "attn_resolutions": [8], "resolution": 16}
    torch.manual_seed(SEED)
    vae = build(original, n=16, e=4, z_channels=4, **sizes)
    fill(vae)
    generator = torch.Generator().manual_seed(SEED + 1)
    tokens = torch.randint(0, 16, (2, 4, 3), generator=generator).numpy().astype(np.int32)
    single, double = decode(vae, tokens), decode(copy.deepcopy(vae).double(), tokens)
    assert single.shape == (2, 3, 16, 12), single.shape
    # The same by its own public way, of square grids.
    square = torch.from_numpy(tokens[:1, :, :2].reshape(1, 8)[:, :4].astype(np.int64))
    own = vae.decode(square)
    assert torch.equal(own, (decode(vae, square.view(1, 2, 2).numpy()).clamp(-1, 1) + 1) * 0.5)
    torch.save({"epoch": 3, "state_dict": vae.state_dict()}, os.path.join(FOLDER, "dwt.ckpt"))
    np.save(os.path.join(FOLDER, "tokens.npy"), tokens)
    np.save(os.path.join(FOLDER, "decoded.f64.npy"), double.numpy())
    errors = {"decoded": compare(single.numpy(), double.numpy())}
    record = {
        "what": "a small VQGAN of ru-dalle's with an inverse wavelet transform behind its decoder",
        "source": "ai-forever/ru-dalle@0255cec528ad936f54f79962db9b46429e80dad6",
        "seed": SEED,
        "errors": errors,
    }
    write_record(FOLDER, "make_rudalle_vae.py RUDALLE TAMING", record)
    print(errors)


if __name__ == "__main__":
    torch.set_num_threads(1)
    with torch.no_grad():
        main()
