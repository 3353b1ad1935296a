"""The convolution of `dall_e.utils`, and the record both nets keep of their constructor's arguments."""

import torch
from torch import nn
from torch.nn import functional


def remember(module, **fields):
    """Puts `fields` first into the instance dict, then nn.Module's own: the order in which attrs classes hold them."""
    module.__dict__.update(fields)
    nn.Module.__init__(module)


class Conv2d(nn.Module):
    """Stride 1, zero padding (kw - 1) / 2. Computes in the type of its weights: `.double()` makes the float64 net."""

    def __init__(self, n_in, n_out, kw, use_float16=True):
        remember(
            self, n_in=n_in, n_out=n_out, kw=kw, use_float16=use_float16, device=torch.device("cpu"), requires_grad=False
        )
        self.w = nn.Parameter(torch.zeros(n_out, n_in, kw, kw), requires_grad=False)
        self.b = nn.Parameter(torch.zeros(n_out), requires_grad=False)

    def forward(self, x):
        return functional.conv2d(x, self.w, self.b, padding=(self.kw - 1) // 2)


def residual_path(n_in, n_hid, n_out, kernels):
    """relu_1, conv_1 … relu_4, conv_4 with the four kernel sizes given."""
    widths = [n_in, n_hid, n_hid, n_hid, n_out]
    path = nn.Sequential()
    for i, kernel in enumerate(kernels):
        path.add_module(f"relu_{i + 1}", nn.ReLU())
        path.add_module(f"conv_{i + 1}", Conv2d(widths[i], widths[i + 1], kernel))
    return path


def fill_block(block, n_in, n_out, n_layers, kernels):
    """What both kinds of residual block hold; the gain keeps a stack of n_layers blocks near its input at the start."""
    remember(block, n_in=n_in, n_out=n_out, n_layers=n_layers, device=torch.device("cpu"), requires_grad=False)
    block.n_hid = n_out // 4
    block.post_gain = 1 / n_layers**2
    block.id_path = Conv2d(n_in, n_out, 1) if n_in != n_out else nn.Identity()
    block.res_path = residual_path(n_in, block.n_hid, n_out, kernels)


def stack_blocks(block_class, n_in, n_out, n_blk, n_layers):
    """A group: block_1 … block_n, of which the first changes the width."""
    group = nn.Sequential()
    for i in range(n_blk):
        group.add_module(f"block_{i + 1}", block_class(n_in if i == 0 else n_out, n_out, n_layers))
    return group
