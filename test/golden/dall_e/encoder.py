"""The encoder: pixels in [0.1, 0.9], float [B, 3, H, W], to logits [B, vocab_size, H/8, W/8]."""

from collections import OrderedDict

import torch
from torch import nn

from .utils import Conv2d, fill_block, remember, stack_blocks


class EncoderBlock(nn.Module):
    def __init__(self, n_in, n_out, n_layers):
        fill_block(self, n_in, n_out, n_layers, kernels=(3, 3, 3, 1))

    def forward(self, x):
        return self.id_path(x) + self.post_gain * self.res_path(x)


class Encoder(nn.Module):
    group_count = 4

    def __init__(self, n_hid=256, n_blk_per_group=2, input_channels=3, vocab_size=8192):
        remember(
            self,
            n_hid=n_hid,
            n_blk_per_group=n_blk_per_group,
            input_channels=input_channels,
            vocab_size=vocab_size,
            device=torch.device("cpu"),
            requires_grad=False,
            use_mixed_precision=True,
        )
        n_layers = self.group_count * n_blk_per_group
        blocks = OrderedDict(input=Conv2d(input_channels, n_hid, 7))
        width = n_hid
        for i in range(self.group_count):
            out = n_hid * 2**i
            group = stack_blocks(EncoderBlock, width, out, n_blk_per_group, n_layers)
            if i < self.group_count - 1:
                group.add_module("pool", nn.MaxPool2d(kernel_size=2))
            blocks[f"group_{i + 1}"] = group
            width = out
        head = OrderedDict(relu=nn.ReLU(), conv=Conv2d(width, vocab_size, 1, use_float16=False))
        blocks["output"] = nn.Sequential(head)
        self.blocks = nn.Sequential(blocks)

    def forward(self, x):
        return self.blocks(x)
