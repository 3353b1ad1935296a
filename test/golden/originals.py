"""Opens checkouts of projects whose classes goldens are made with, and stubs what they import and do not need here."""

import importlib
import importlib.util
import os
import sys
import types

import torch


class Anything:
    """Stands for whatever is imported and of no use here."""

    def __init__(self, *_, **__):
        pass

    def __getattr__(self, name):
        return Anything()

    def __call__(self, *_, **__):
        return Anything()


class _Anything(types.ModuleType):
    __path__ = ()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything


def stub(name, **members):
    module = _Anything(name)
    module.__dict__.update(members)
    sys.modules[name] = module
    return module


class AxialPositionalEmbedding(torch.nn.Module):
    """What axial_positional_embedding 0.2 has for two axes: a table for each, whose rows are added."""

    def __init__(self, dim, axial_shape):
        super().__init__()
        rows, columns = axial_shape
        self.weights_0 = torch.nn.Parameter(torch.randn(1, rows, 1, dim))
        self.weights_1 = torch.nn.Parameter(torch.randn(1, 1, columns, dim))

    def forward(self, x):
        both = (self.weights_0 + self.weights_1).flatten(1, 2)
        return both[:, : x.shape[1]].to(x)


NOT_NEEDED = ("requests", "yaml", "tqdm", "packaging", "packaging.version", "youtokentome", "omegaconf", "tokenizers")
NOT_NEEDED += ("tokenizers.processors", "transformers", "ftfy", "regex", "g_mlp_pytorch")


def open_dalle_pytorch(checkout, taming=None):
    """The module `dalle_pytorch.dalle_pytorch` of a checkout of lucidrains/DALLE-pytorch, of any version."""
    for name in [name for name in sys.modules if name.split(".")[0] == "dalle_pytorch"]:
        del sys.modules[name]
    for name in NOT_NEEDED:
        stub(name)
    if importlib.util.find_spec("rotary_embedding_torch") is None:
        stub("rotary_embedding_torch")
    stub("axial_positional_embedding", AxialPositionalEmbedding=AxialPositionalEmbedding)
    if taming is None:
        for name in ("taming", "taming.models", "taming.models.vqgan"):
            stub(name)
    # Not its __init__, which asks for its own installation.
    package = types.ModuleType("dalle_pytorch")
    package.__path__ = [os.path.join(checkout, "dalle_pytorch")]
    sys.modules["dalle_pytorch"] = package
    return importlib.import_module("dalle_pytorch.dalle_pytorch")
