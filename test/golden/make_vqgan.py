"""Makes the goldens of vqgan/: small VQGANs of the original classes, in float32 and float64, and their checkpoints.

    /usr/bin/python3 test/golden/make_vqgan.py TAMING MIN_DALLE

TAMING is a checkout of CompVis/taming-transformers at 3ba01b2, MIN_DALLE one of kuprel/min-dalle at 73621fb: nothing
of either is stored here. First the classes are built at every published size, and their tensors and parameters
counted. Then small ones are made, random weights and all.

Weights are windows upon a few small storages, as torch.save keeps them: a net of a million numbers is a file of
200 KB. Every tensor begins elsewhere, so one that is taken for another gives other numbers.
"""

import copy
import os
import sys
import types

import numpy as np
import torch
from evaluate import HERE, compare, hash_weights, top_two_gap, write_record

FOLDER = os.path.join(HERE, "vqgan")
SEED = 20261130


# --- the original classes, and what they import that is not needed


def rearrange(x, pattern, **sizes):
    """The four patterns of einops that the quantisers use."""
    if pattern == "(b h w) -> b h w":
        return x.view(sizes["b"], sizes["h"], sizes["w"])
    axes = {"b c h w -> b h w c": (0, 2, 3, 1), "b h w c -> b c h w": (0, 3, 1, 2), "n d -> d n": (1, 0)}[pattern]
    return x.permute(*axes)


class NoLoss(torch.nn.Module):
    """Stands for the loss of a configuration, which only training needs."""


class ModelCheckpoint:
    """Stands for Lightning's class: its `callbacks` are keyed by the class itself."""


def stub(name, **members):
    module = types.ModuleType(name)
    module.__dict__.update(members)
    sys.modules[name] = module
    return module


def open_originals(taming, min_dalle):
    ModelCheckpoint.__module__ = "pytorch_lightning.callbacks.model_checkpoint"
    stub("einops", rearrange=rearrange)
    lightning = stub("pytorch_lightning", LightningModule=torch.nn.Module)
    lightning.callbacks = stub("pytorch_lightning.callbacks")
    lightning.callbacks.model_checkpoint = stub(ModelCheckpoint.__module__, ModelCheckpoint=ModelCheckpoint)
    stub("main", instantiate_from_config=lambda config: NoLoss())
    stub("min_dalle").__path__ = [os.path.join(min_dalle, "min_dalle")]
    stub("min_dalle.models").__path__ = [os.path.join(min_dalle, "min_dalle", "models")]
    sys.path.insert(0, taming)
    from min_dalle.models.vqgan_detokenizer import VQGanDetokenizer
    from taming.models.vqgan import GumbelVQ, VQModel

    return VQModel, GumbelVQ, VQGanDetokenizer


VQModel, GumbelVQ, VQGanDetokenizer = open_originals(sys.argv[1], sys.argv[2])


def build(quantiser, *, ch, ch_mult, num_res_blocks, attn_resolutions, resolution, z, e, n):
    ddconfig = {
        "double_z": False,
        "z_channels": z,
        "resolution": resolution,
        "in_channels": 3,
        "out_ch": 3,
        "ch": ch,
        "ch_mult": ch_mult,
        "num_res_blocks": num_res_blocks,
        "attn_resolutions": attn_resolutions,
        "dropout": 0.0,
    }
    common = {"ddconfig": ddconfig, "lossconfig": {}, "n_embed": n, "embed_dim": e}
    if quantiser == "vector":
        return VQModel(**common).eval()
    return GumbelVQ(temperature_scheduler_config={}, kl_weight=1e-8, **common).eval()


# --- the published sizes


def count(net):
    tensors = net.state_dict().values()
    return len(tensors), sum(tensor.numel() for tensor in tensors)


def check_published_sizes():
    f16 = {"ch": 128, "ch_mult": [1, 1, 2, 2, 4], "num_res_blocks": 2, "attn_resolutions": [16], "resolution": 256}
    f8 = {"ch": 128, "ch_mult": [1, 1, 2, 4], "num_res_blocks": 2, "attn_resolutions": [32], "resolution": 256}
    large = build("vector", **f16, z=256, e=256, n=16384)
    assert count(large) == (343, 76_073_859), count(large)
    assert count(large.encoder) == (144, 29_298_176), count(large.encoder)
    assert count(large.decoder) == (194, 42_449_795), count(large.decoder)
    small = build("vector", **f16, z=256, e=256, n=1024)
    assert count(small) == (343, 72_141_699), count(small)
    gumbel = build("gumbel", **f8, z=256, e=256, n=8192)
    assert count(gumbel) == (301, 68_995_971), count(gumbel)
    assert count(gumbel.encoder) == (126, 26_345_728), count(gumbel.encoder)
    assert count(gumbel.decoder) == (168, 38_316_163), count(gumbel.decoder)
    check_detokeniser(large)


def detokeniser_name(name):
    return name.replace("quantize.embedding.", "embedding.")


def is_detokenisers(name):
    return name.startswith(("quantize.embedding.", "post_quant_conv.", "decoder."))


def check_detokeniser(net):
    """min-dalle's class is the decoder of taming's at another epsilon, under names of its own: in float64."""
    torch.manual_seed(SEED)
    net = net.double()
    detokeniser = VQGanDetokenizer().eval()
    assert count(detokeniser) == (197, 46_709_891), count(detokeniser)
    state = {detokeniser_name(name): tensor for name, tensor in net.state_dict().items() if is_detokenisers(name)}
    detokeniser.double().load_state_dict(state)
    # It makes its maps float32 before it enlarges them; here they stay as they are.
    for module in detokeniser.modules():
        if type(module).__name__ == "Upsample":
            module.forward = lambda x, module=module: module.conv(module.upsample(x))
    tokens = torch.randint(0, 16384, (1, 256))
    with torch.no_grad():
        theirs = detokeniser(False, tokens)  # [256, 256, 3] in 0…255
        raw = decode(with_epsilon(net, 1e-5), tokens.view(1, 16, 16).numpy())
        ours = raw.clip(0, 1)[0].permute(1, 2, 0) * 255
        other = decode(net, tokens.view(1, 16, 16).numpy())
    assert (theirs - ours).abs().max() < 1e-9, (theirs - ours).abs().max()
    assert (raw - other).abs().max() > 1e-7, "the two epsilons give the same"


# --- small nets


def with_epsilon(net, epsilon):
    changed = copy.deepcopy(net)
    for module in changed.modules():
        if isinstance(module, torch.nn.GroupNorm):
            module.eps = epsilon
    return changed


class Pools:
    """One small storage for each kind of tensor; tensors are windows upon them, each beginning elsewhere."""

    def __init__(self):
        generator = torch.Generator().manual_seed(SEED)
        normal = lambda size, scale: torch.randn(size, generator=generator) * scale
        # By scale, each as large as the kernels of that fan-in need.
        sizes = ((2, 900), (3, 5_500), (4, 19_000), (5, 37_500))
        self.kernels = {2**-power: normal(size, 2**-power) for power, size in sizes}
        # What the decoder begins with, so small that the epsilon of its first norm is a good part of the variance.
        self.faint = normal(6_000, 2**-10)
        self.gains = 1 + normal(700, 0.3)
        self.shifts = normal(700, 0.2)
        self.used = 0

    def take(self, pool, shape):
        size = int(np.prod(shape))
        self.used += 37
        start = self.used % (pool.numel() - size + 1)
        return pool[start : start + size].view(shape)


def fill(net):
    """Random weights, which keep the variance of what they are given within a factor of two."""
    pools = Pools()
    with torch.no_grad():
        for name, parameter in list(net.named_parameters()):
            shape = tuple(parameter.shape)
            if name.startswith("decoder.conv_in."):
                parameter.data = pools.take(pools.faint, shape)
            elif len(shape) == 4:
                inputs = int(np.prod(shape[1:]))
                scale = next(scale for scale in pools.kernels if scale**2 * inputs <= 1.2 or scale == 2**-5)
                parameter.data = pools.take(pools.kernels[scale], shape)
            elif len(shape) == 1:
                parameter.data = pools.take(pools.gains if name.endswith("weight") else pools.shifts, shape)


def fill_codebook(net, latents):
    """Rows about as large as what the encoder gives, so that many codes are used."""
    table = net.quantize.embedding if hasattr(net.quantize, "embedding") else net.quantize.embed
    generator = torch.Generator().manual_seed(SEED + 1)
    mean, deviation = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    table.weight.data = mean + deviation * torch.randn(table.weight.shape, generator=generator)


def encode(net, x):
    """[B, 3, H, W] in -1…1 to what the quantiser is given, [B, e, h, w]."""
    return net.quant_conv(net.encoder(x))


def find_scores(net, latents):
    """[B, n, h, w]: the largest is the code. Of the vector quantiser's distances the part that depends on the code."""
    if hasattr(net.quantize, "proj"):
        return net.quantize.proj(latents)
    table = net.quantize.embedding.weight
    return torch.einsum("bdhw,nd->bnhw", latents, table) - (table**2).sum(1)[None, :, None, None] / 2


def find_tokens(net, latents):
    """By the quantiser itself where it is not random: taming's Gumbel draws even when it evaluates."""
    b, _, h, w = latents.shape
    if hasattr(net.quantize, "proj"):
        return net.quantize.proj(latents).argmax(1)
    return net.quantize(latents)[2][2].view(b, h, w)


def decode(net, tokens):
    """Tokens [B, h, w] to the decoder's maps [B, 3, H, W], by the quantiser's own lookup where it knows float64."""
    b, h, w = tokens.shape
    indices = torch.from_numpy(tokens.astype(np.int64))
    if hasattr(net.quantize, "embed"):
        return net.decode(net.quantize.embed(indices).permute(0, 3, 1, 2))
    e = net.post_quant_conv.weight.shape[1]
    return net.decode(net.quantize.get_codebook_entry(indices.reshape(-1), (b, h, w, e)))


def store(name, array):
    np.save(os.path.join(FOLDER, name), np.ascontiguousarray(array))


def save(name, root):
    """With storages numbered by torch from 0, so that the same weights are the same bytes."""
    torch.save(root, os.path.join(FOLDER, name))


# --- files


def make_losses():
    """Names and number of the losses' tensors as an ImageNet training keeps them; of one number each."""
    perceptual = ["scaling_layer.shift", "scaling_layer.scale"]
    perceptual += [f"net.slice{s}.{i}.{kind}" for s, layers in VGG.items() for i in layers for kind in KINDS]
    perceptual += [f"lin{i}.model.1.weight" for i in range(5)]
    discriminator = [f"main.{i}.weight" for i in (0, 2, 3, 5, 6, 8, 9, 11)]
    discriminator += [f"main.{i}.bias" for i in (0, 3, 6, 9, 11)]
    discriminator += [f"main.{i}.{kind}" for i in (3, 6, 9) for kind in ("running_mean", "running_var")]
    discriminator += [f"main.{i}.num_batches_tracked" for i in (3, 6, 9)]
    assert (len(perceptual), len(discriminator)) == (33, 22), (len(perceptual), len(discriminator))
    names = [f"perceptual_loss.{name}" for name in perceptual] + [f"discriminator.{name}" for name in discriminator]
    return {f"loss.{name}": torch.tensor([1 if "num_batches" in name else 0.5]) for name in names}


KINDS = ("weight", "bias")
VGG = {1: (0, 2), 2: (5, 7), 3: (10, 12, 14), 4: (17, 19, 21), 5: (24, 26, 28)}


def wrap_as_lightning(state, path):
    """What Lightning 1.0 keeps around a state dict: callbacks keyed by a class, scalars of NumPy's, optimisers."""
    momentum = {"step": 3, "exp_avg": torch.zeros(2), "exp_avg_sq": torch.ones(2)}
    best = {"monitor": "val/rec_loss", "best_model_score": torch.tensor(0.25), "best_model_path": path}
    return {
        "epoch": 3,
        "global_step": 42,
        "pytorch-lightning_version": "1.0.8",
        "callbacks": {ModelCheckpoint: {**best, "current_score": np.float64(0.25), "save_top_k": np.int64(3)}},
        "optimizer_states": [{"state": {0: momentum}, "param_groups": [{"lr": 4.5e-6, "betas": (0.5, 0.9)}]}],
        "lr_schedulers": [],
        "state_dict": state,
    }


CASES = {
    # The size that issue and notes name: 8² tokens for 16² pixels, attention at the inner level.
    "two-levels": {
        "quantiser": "vector",
        "size": {"ch": 32, "ch_mult": [1, 2], "num_res_blocks": 1, "attn_resolutions": [8], "resolution": 16}
        | {"z": 4, "e": 4, "n": 16},
        "picture": (1, 3, 16, 16),
        "is_detokeniser": True,
    },
    # Attention at two levels of several blocks, e other than z, and a picture higher than wide.
    "three-levels": {
        "quantiser": "vector",
        "size": {"ch": 32, "ch_mult": [1, 2, 2], "num_res_blocks": 2, "attn_resolutions": [16, 8], "resolution": 32}
        | {"z": 8, "e": 6, "n": 37},
        "picture": (2, 3, 24, 16),
    },
    "gumbel": {
        "quantiser": "gumbel",
        "size": {"ch": 32, "ch_mult": [2, 2], "num_res_blocks": 1, "attn_resolutions": [8], "resolution": 16}
        | {"z": 6, "e": 6, "n": 24},
        "picture": (2, 3, 16, 8),
    },
}


def make_case(name, quantiser, size, picture, is_detokeniser=False):
    torch.manual_seed(SEED)
    net = build(quantiser, **size)
    fill(net)
    generator = torch.Generator().manual_seed(SEED + 2)
    # Neighbouring pixels alike, as in pictures, and the range of bytes.
    coarse = torch.rand(picture[0], 3, picture[2] // 4, picture[3] // 4, generator=generator)
    pixels = (coarse.repeat_interleave(4, 2).repeat_interleave(4, 3) * 255).round() / 255
    x = 2 * pixels - 1
    with torch.no_grad():
        fill_codebook(net, encode(net, x))
        double = copy.deepcopy(net).double()
        latents = encode(net, x), encode(double, x.double())
        scores = [find_scores(n, z).numpy() for n, z in zip((net, double), latents)]
        tokens = [find_tokens(n, z).numpy().astype(np.int32) for n, z in zip((net, double), latents)]
        assert np.array_equal(tokens[1], scores[1].argmax(1)), "the quantiser and the scores disagree"
        decoded = [decode(n, tokens[1]).numpy() for n in (net, double)]
        detokenised = [decode(with_epsilon(n, 1e-5), tokens[1]).numpy() for n in (net, double)]
    gap = top_two_gap(scores[1])
    store(f"{name}.pixels.npy", pixels.numpy())
    store(f"{name}.latents.f64.npy", latents[1].numpy())
    store(f"{name}.tokens.npy", tokens[1])
    store(f"{name}.gap.npy", gap)
    store(f"{name}.decoded.f64.npy", decoded[1])
    state = net.state_dict()
    files = {"checkpoint": f"{name}.ckpt"}
    save(files["checkpoint"], wrap_as_lightning({**state, **make_losses()}, f"logs/{name}.ckpt"))
    if is_detokeniser:
        files["detokeniser"] = f"{name}.detoker.pt"
        save(
            files["detokeniser"],
            {detokeniser_name(key): tensor for key, tensor in state.items() if is_detokenisers(key)},
        )
        store(f"{name}.detokenised.f64.npy", detokenised[1])
    return {
        "name": name,
        "shape": list(picture),
        "quantiser": quantiser,
        "size": size,
        "files": files,
        "weights": hash_weights(net),
        "distinctTokens": len(np.unique(tokens[1])),
        "tokensThatDiffer": int((tokens[0] != tokens[1]).sum()),
        "smallestGap": float(gap.min()),
        "errors": {
            "latents": compare(*(z.numpy() for z in latents)),
            "scores": compare(*scores),
            "decoded": compare(*decoded),
            **({"detokenised": compare(*detokenised)} if is_detokeniser else {}),
        },
    }


if __name__ == "__main__":
    torch.set_num_threads(2)
    os.makedirs(FOLDER, exist_ok=True)
    check_published_sizes()
    cases = [make_case(name, **case) for name, case in CASES.items()]
    for case in cases:
        print(case)
    record = {
        "what": "small VQGANs of the original classes: PyTorch's results in float32 and float64",
        "sources": {
            "CompVis/taming-transformers": "3ba01b241669f5ade541ce990f7650a3b8f65318",
            "kuprel/min-dalle": "73621fb",
        },
        "seed": SEED,
        "cases": cases,
    }
    write_record(FOLDER, "make_vqgan.py TAMING MIN_DALLE", record)
