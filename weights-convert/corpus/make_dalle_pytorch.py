"""
Makes tiny checkpoints in the form of lucidrains/DALLE-pytorch (MIT), whose library is not used: the modules below have
parameters only, nested as that project nests them, so that torch names them as there. Needs PyTorch 1.13; the results
are committed.

    /usr/bin/python3 weights-convert/corpus/make_dalle_pytorch.py

dalle-pytorch/shift-rotary.pt   as version 1.6.6 saves by default: token shift, rotary positions
dalle-pytorch/plain.pt          the same version without either, with sandwich norms and positions in tables
dalle-pytorch/version-0.14.pt   as version 0.14.3 saved, in the legacy container, before wrappers for caches

Every parameter is filled with numbers that say what it means: of the tensor called `name` in dalle-gl, element i is
crc32(name) % 65536 + i / 64, exact in float32. All are over OpenAI's discrete VAE, cut to two tensors of each part.
"""

import pathlib
import zlib

import torch
from torch import nn

HERE = pathlib.Path(__file__).parent / "dalle-pytorch"
DIM, HEADS, HEAD_SIZE, TEXT_LENGTH, WORDS, SIDE, CODES = 8, 2, 12, 4, 10, 4, 16


def fill(name, parameter):
    values = zlib.crc32(name.encode()) % 65536 + torch.arange(parameter.numel(), dtype=torch.float32) / 64
    parameter.data = values.view(parameter.shape)


def named(name, module):
    """Fills a module's own parameters as those of dalle-gl's `name`."""
    for suffix, parameter in module.named_parameters(recurse=False):
        fill(f"{name}.{suffix}", parameter)
    return module


class Wrapper(nn.Module):
    """Anything that holds the next module as `fn`: caches, token shift."""

    def __init__(self, fn):
        super().__init__()
        self.fn = fn


class PreNorm(nn.Module):
    def __init__(self, branch, fn, sandwich):
        super().__init__()
        self.norm = named(f"{branch}_norm", nn.LayerNorm(DIM))
        self.norm_out = named(f"{branch}_norm_out", nn.LayerNorm(DIM)) if sandwich else nn.Identity()
        self.fn = fn


class LayerScale(nn.Module):
    def __init__(self, branch, fn):
        super().__init__()
        self.scale = nn.Parameter(torch.zeros(1, 1, DIM))
        fill(f"{branch}_scale", self.scale)
        self.fn = fn


class Attention(nn.Module):
    def __init__(self, branch):
        super().__init__()
        inner = HEADS * HEAD_SIZE
        self.to_qkv = named(f"{branch}.qkv", nn.Linear(DIM, 3 * inner, bias=False))
        self.to_out = nn.Sequential(named(f"{branch}.out", nn.Linear(inner, DIM)), nn.Dropout(0))


class FeedForward(nn.Module):
    def __init__(self, branch):
        super().__init__()
        up, down = named(f"{branch}.up", nn.Linear(DIM, 8 * DIM)), named(f"{branch}.down", nn.Linear(4 * DIM, DIM))
        self.net = nn.Sequential(up, nn.Identity(), nn.Dropout(0), down)


class Layers(nn.Module):
    """What executes the layers; they are its `layers`."""

    def __init__(self, layers):
        super().__init__()
        self.layers = nn.ModuleList(layers)


class Transformer(nn.Module):
    def __init__(self, depth, wrap_attention, wrap_mlp, sandwich, positions):
        super().__init__()
        layers = []
        for layer in range(depth):
            attention, mlp = f"layers.{layer}.attention", f"layers.{layer}.mlp"
            branches = ((attention, wrap_attention(Attention(attention))), (mlp, wrap_mlp(FeedForward(mlp))))
            layers.append(
                nn.ModuleList([LayerScale(name, PreNorm(name, inner, sandwich)) for name, inner in branches])
            )
        self.layers = Layers(layers)
        self.register_buffer("pos_emb", positions)


class Tables(nn.Module):
    """Rows and columns of image positions, as axial_positional_embedding keeps them."""

    def __init__(self, in_list):
        super().__init__()
        row, column = nn.Parameter(torch.zeros(1, SIDE, 1, DIM)), nn.Parameter(torch.zeros(1, 1, SIDE, DIM))
        fill("image_row.weight", row)
        fill("image_column.weight", column)
        if in_list:
            self.weights = nn.ParameterList([row, column])
        else:
            self.weights_0, self.weights_1 = row, column


class OpenAIVae(nn.Module):
    """Frozen beside the transformer; here only the first convolution of each part."""

    def __init__(self):
        super().__init__()
        for name, shape in (("enc", (4, 3, 7, 7)), ("dec", (4, CODES, 1, 1))):
            part, blocks, convolution = nn.Module(), nn.Module(), nn.Module()
            convolution.w, convolution.b = nn.Parameter(torch.ones(shape)), nn.Parameter(torch.ones(shape[0]))
            blocks.add_module("input", convolution)
            part.add_module("blocks", blocks)
            self.add_module(name, part)


class Dalle(nn.Module):
    def __init__(self, transformer, tables):
        super().__init__()
        if tables is not None:
            self.text_pos_emb = named("text_position", nn.Embedding(TEXT_LENGTH + 1, DIM))
            self.image_pos_emb = tables
        self.vae = OpenAIVae()
        self.transformer = transformer
        rows = WORDS + TEXT_LENGTH
        self.to_logits = nn.Sequential(
            named("final_norm", nn.LayerNorm(DIM)), named("head", nn.Linear(DIM, rows + CODES))
        )
        self.text_emb = named("text_embedding", nn.Embedding(rows, DIM))
        self.image_emb = named("image_embedding", nn.Embedding(CODES, DIM))


def train_state(model):
    """What an optimiser and a scheduler of torch keep: converters must not mind it."""
    optimiser = torch.optim.Adam([parameter for parameter in model.parameters()], lr=3e-4)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser)
    first = next(iter(model.parameters()))
    first.grad = torch.ones_like(first)
    values = first.detach().clone()
    optimiser.step()
    scheduler.step(1.0)
    first.data = values
    return {"opt_state": optimiser.state_dict(), "scheduler_state": scheduler.state_dict()}


def save(name, model, hparams, legacy=False, **beside):
    common = dict(num_text_tokens=WORDS, text_seq_len=TEXT_LENGTH, dim=DIM, heads=HEADS, dim_head=HEAD_SIZE)
    common.update(reversible=False, loss_img_weight=7, ff_dropout=0.0, attn_dropout=0.0, stable=False)
    checkpoint = {"hparams": {**common, **hparams}, "vae_params": None, "epoch": 3, **beside}
    checkpoint.update(weights=model.state_dict(), **train_state(model))
    torch.save(checkpoint, HERE / name, _use_new_zipfile_serialization=not legacy)


def main():
    HERE.mkdir(exist_ok=True)
    length = TEXT_LENGTH + 1 + SIDE * SIDE
    new = dict(shared_attn_ids=None, shared_ff_ids=None, share_input_output_emb=False)
    beside = dict(version="1.6.6", vae_class_name="OpenAIDiscreteVAE")

    shifted = Transformer(
        depth=4,
        wrap_attention=lambda attention: Wrapper(Wrapper(Wrapper(attention))),
        wrap_mlp=lambda mlp: Wrapper(Wrapper(mlp)),
        sandwich=False,
        positions=torch.zeros(1, length, 12),
    )
    kinds = ("full", "axial_row", "axial_col", "conv_like")
    hparams = dict(depth=4, attn_types=kinds, shift_tokens=True, rotary_emb=True, **new)
    save("shift-rotary.pt", Dalle(shifted, None), hparams, **beside)

    plain = Transformer(1, wrap_attention=Wrapper, wrap_mlp=lambda mlp: mlp, sandwich=True, positions=None)
    hparams = dict(depth=1, attn_types=("full",), shift_tokens=False, rotary_emb=False, **new)
    save("plain.pt", Dalle(plain, Tables(in_list=True)), hparams, **beside)

    old = Transformer(3, wrap_attention=lambda attention: attention, wrap_mlp=lambda mlp: mlp, sandwich=False, positions=None)
    hparams = dict(depth=3, attn_types=["axial_row", "axial_col"])
    save("version-0.14.pt", Dalle(old, Tables(in_list=False)), hparams, legacy=True)


torch.manual_seed(0)
main()
