"""Makes the goldens of dalle-pytorch/: whole files of its train_dalle.py, small, in float32 and in float64.

    PYTHONPATH=PACKAGES /usr/bin/python3 test/golden/make_dalle_pytorch.py NEW OLD TAMING

NEW and OLD are checkouts of lucidrains/DALLE-pytorch at 58c1e1a, version 1.6.6, and at d1f4314, version 0.14.3; TAMING
is one of CompVis/taming-transformers at 3ba01b2. Nothing of them is stored here. PACKAGES has einops and
rotary-embedding-torch. A transformer is made over a VQGAN by each version, and over the project's own DiscreteVAE.

Weights of the VQGANs are windows upon a few small storages, as torch.save keeps them: each tensor begins elsewhere.
"""

import contextlib
import os
import sys

import numpy as np
import torch
from evaluate import HERE, compare, write_record
from originals import open_dalle_pytorch, stub

FOLDER = os.path.join(HERE, "dalle-pytorch")
SEED = 20261130
NEW, OLD, TAMING = sys.argv[1:4]
WORDS, TEXT_LENGTH, GRID = 40, 5, 4
HPARAMS = dict(num_text_tokens=WORDS, text_seq_len=TEXT_LENGTH, dim=24, heads=2, dim_head=24)
HPARAMS |= dict(reversible=False, loss_img_weight=7, ff_dropout=0.0, attn_dropout=0.0, stable=False)
SHARED = dict(shared_attn_ids=None, shared_ff_ids=None, share_input_output_emb=False)
VQGAN = dict(double_z=False, z_channels=8, resolution=8, in_channels=3, out_ch=3, ch=32, ch_mult=[1, 1])
VQGAN |= dict(num_res_blocks=1, attn_resolutions=[4], dropout=0.0)
OWN = dict(image_size=16, num_layers=2, num_tokens=21, codebook_dim=6, hidden_dim=8, num_resnet_blocks=1)
ALL_KINDS = ("full", "axial_row", "axial_col", "conv_like")


class Loss(torch.nn.Module):
    """What a yaml's lossconfig builds beside a VQGAN, two tensors of it."""

    def __init__(self):
        super().__init__()
        self.perceptual_loss = torch.nn.Module()
        self.perceptual_loss.register_buffer("shift", torch.zeros(1, 3, 1, 1))
        self.discriminator = torch.nn.Module()
        self.discriminator.main = torch.nn.Sequential(torch.nn.Conv2d(3, 2, 4))


sys.path.insert(0, TAMING)
stub("pytorch_lightning", LightningModule=torch.nn.Module)
# A scheduler of temperatures is no module.
stub("main", instantiate_from_config=lambda config: object() if config == "schedule" else Loss())


def check_default_sizes():
    """The VQGAN that VQGanVAE takes unless told: f16 of 1024 codes has 343 tensors of 72,141,699 numbers."""
    from taming.models.vqgan import VQModel

    sizes = dict(VQGAN, z_channels=256, resolution=256, ch=128, ch_mult=[1, 1, 2, 2, 4], num_res_blocks=2, attn_resolutions=[16])
    state = VQModel(ddconfig=sizes, lossconfig={}, n_embed=1024, embed_dim=256).state_dict()
    own = [tensor.numel() for name, tensor in state.items() if not name.startswith("loss.")]
    assert (len(own), sum(own)) == (343, 72_141_699), (len(own), sum(own))


def draw_windows(net, generator):
    """All tensors of one spread are windows of one storage."""
    spreads = {}
    for name, tensor in net.named_parameters():
        gain = name.endswith("weight") and tensor.dim() == 1
        spread = 0.2 if tensor.dim() == 1 else 1.0 if tensor.dim() == 2 else round(1.2 / tensor[0].numel() ** 0.5, 4)
        spreads.setdefault((gain, spread), []).append(tensor)
    for (gain, spread), tensors in spreads.items():
        length = max(tensor.numel() for tensor in tensors) + 7 * len(tensors)
        storage = gain + spread * torch.randn(length, generator=generator)
        for index, tensor in enumerate(tensors):
            tensor.data = storage[7 * index : 7 * index + tensor.numel()].view(tensor.shape)


def make_vqgan(module, quantiser, generator):
    """VQGanVAE around a small VQGAN, as its constructor leaves it but for the picture's side, which it fixes at 256."""
    from taming.models.vqgan import GumbelVQ, VQModel

    common = dict(ddconfig=VQGAN, lossconfig={}, n_embed=19, embed_dim=8)
    if quantiser == "gumbel":
        net = GumbelVQ(temperature_scheduler_config="schedule", kl_weight=1e-8, **common)
    else:
        net = VQModel(**common)
    draw_windows(net, generator)
    vae = module.VQGanVAE.__new__(module.VQGanVAE)
    torch.nn.Module.__init__(vae)
    vae.model = net
    vae.num_layers, vae.channels, vae.image_size, vae.num_tokens = 1, 3, 2 * GRID, 19
    vae.is_gumbel = quantiser == "gumbel"
    return vae


def make_own(module, generator):
    vae = module.DiscreteVAE(**OWN)
    for parameter in vae.parameters():
        terms = parameter[0].numel() if parameter.dim() > 1 else 4
        parameter.data = torch.randn(parameter.shape, generator=generator) / terms**0.5
    return vae


def draw_transformer(dalle, generator):
    """Products that keep the size of numbers; gains around one; attention that is sharp enough to be seen."""
    for name, parameter in dalle.named_parameters():
        if name.startswith("vae."):
            continue
        values = torch.randn(parameter.shape, generator=generator)
        if "norm" in name or name.startswith("to_logits.0"):
            parameter.data = (1 if name.endswith("weight") else 0) + 0.2 * values
        elif name.endswith("scale"):
            parameter.data = 0.5 + 0.1 * values
        elif name.endswith("bias"):
            parameter.data = 0.1 * values
        else:
            parameter.data = values * (0.7 if "emb" in name else 1.2 / parameter.shape[-1] ** 0.5)


def encode(vae, pixels):
    """Its codes of pictures; of a Gumbel VQGAN the largest logits, without the noise that is drawn anew each time."""
    if getattr(vae, "is_gumbel", False):
        model = vae.model
        codes = model.quantize.proj(model.quant_conv(model.encoder(2 * pixels - 1))).argmax(1)
    else:
        codes = vae.get_codebook_indices(pixels)
    return codes.view(pixels.shape[0], GRID, GRID)


@contextlib.contextmanager
def one_hot_rows_as(type):
    """VQGanVAE's `decode` makes its one-hot rows float32, whatever the codebook is."""
    plain = torch.Tensor.float
    torch.Tensor.float = lambda tensor: tensor.to(type)
    yield
    torch.Tensor.float = plain


def make(name, checkout, vae_kind, hparams, beside, index):
    generator = torch.Generator().manual_seed(SEED + index)
    module = open_dalle_pytorch(checkout, TAMING)
    own = vae_kind == "own"
    vae = make_own(module, generator) if own else make_vqgan(module, vae_kind, generator)
    hparams = {**HPARAMS, **hparams}
    dalle = module.DALLE(vae=vae, **hparams).eval()
    draw_transformer(dalle, generator)
    state = {"hparams": hparams, "vae_params": OWN if own else None, "epoch": 3, **beside, "weights": dalle.state_dict()}
    torch.save(state, os.path.join(FOLDER, f"{name}.dalle.pt"))
    text = torch.randint(1, WORDS, (2, TEXT_LENGTH), generator=generator)
    text[1, 3:] = 0
    image = torch.randint(0, vae.num_tokens, (2, GRID * GRID), generator=generator)
    pixels = torch.rand(2, 3, vae.image_size, vae.image_size, generator=generator)

    def compute(type):
        net = dalle.to(type)
        logits = net(text.clone(), image)[:, TEXT_LENGTH:, WORDS + TEXT_LENGTH :]
        with one_hot_rows_as(type):
            decoded = net.vae.decode(image)
        decoded = ((decoded + 1) / 2).clamp(0, 1) if own else decoded
        return logits.numpy(), decoded.numpy(), encode(net.vae, pixels.to(type)).numpy()

    single = [array.copy() for array in compute(torch.float32)]
    double = compute(torch.float64)
    rows = torch.where(text == 0, WORDS + torch.arange(TEXT_LENGTH), text)
    arrays = {"text": torch.nn.functional.pad(rows, (1, 0)).numpy().astype(np.int32)}
    arrays |= {"image": image.view(2, GRID, GRID).numpy().astype(np.int32), "pixels": pixels.numpy()}
    arrays |= {"imageLogits.f64": double[0], "decoded.f64": double[1], "tokens": double[2].astype(np.int32)}
    for key, array in arrays.items():
        np.save(os.path.join(FOLDER, f"{name}.{key}.npy"), array)
    assert (single[2] == double[2]).all(), "a code so near to another that float32 takes that"
    errors = {"imageLogits": compare(single[0], double[0]), "decoded": compare(single[1], double[1])}
    return {"name": name, "vae": vae_kind, "hparams": hparams, "errors": errors}


CASES = [
    ("old-vqgan", OLD, "vector", dict(depth=4, attn_types=list(ALL_KINDS)), {}),
    (
        "new-vqgan",
        NEW,
        "gumbel",
        dict(depth=4, attn_types=ALL_KINDS, shift_tokens=True, rotary_emb=True, **SHARED),
        dict(version="1.6.6", vae_class_name="VQGanVAE"),
    ),
    (
        "new-own",
        NEW,
        "own",
        dict(depth=2, attn_types=("full",), shift_tokens=True, rotary_emb=False, **SHARED),
        dict(version="1.6.6", vae_class_name="DiscreteVAE"),
    ),
]

if __name__ == "__main__":
    torch.set_num_threads(1)
    os.makedirs(FOLDER, exist_ok=True)
    for file in os.listdir(FOLDER):
        os.remove(os.path.join(FOLDER, file))
    with torch.no_grad():
        open_dalle_pytorch(NEW, TAMING)
        check_default_sizes()
        cases = [make(*case, index) for index, case in enumerate(CASES)]
    commits = {"DALLE-pytorch": ["58c1e1a", "d1f4314"], "taming-transformers": "3ba01b2"}
    record = {"what": "whole small files of DALLE-pytorch's training", "commits": commits, "seed": SEED, "cases": cases}
    write_record(FOLDER, "make_dalle_pytorch.py", record)
    for case in cases:
        print(case["name"], case["errors"])
