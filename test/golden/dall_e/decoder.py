"""The decoder: a distribution over codes, float [B, vocab_size, h, w], to statistics [B, 6, 8h, 8w]."""

from collections import OrderedDict

import torch
from torch import nn

from .utils import Conv2d, fill_block, remember, stack_blocks


class DecoderBlock(nn.Module):
    def __init__(self, n_in, n_out, n_layers):
        fill_block(self, n_in, n_out, n_layers, kernels=(1, 3, 3, 3))

    def forward(self, x):
        return self.id_path(x) + self.post_gain * self.res_path(x)


class Decoder(nn.Module):
    group_count = 4

    def __init__(self, n_init=128, n_hid=256, n_blk_per_group=2, output_channels=3, vocab_size=8192):
        remember(
            self,
            n_init=n_init,
            n_hid=n_hid,
            n_blk_per_group=n_blk_per_group,
            output_channels=output_channels,
            vocab_size=vocab_size,
            device=torch.device("cpu"),
            requires_grad=False,
            use_mixed_precision=True,
        )
        n_layers = self.group_count * n_blk_per_group
        blocks = OrderedDict(input=Conv2d(vocab_size, n_init, 1, use_float16=False))
        width = n_init
        for i in range(self.group_count):
            out = n_hid * 2 ** (self.group_count - 1 - i)
            group = stack_blocks(DecoderBlock, width, out, n_blk_per_group, n_layers)
            if i < self.group_count - 1:
                group.add_module("upsample", nn.Upsample(scale_factor=2, mode="nearest"))
            blocks[f"group_{i + 1}"] = group
            width = out
        head = OrderedDict(relu=nn.ReLU(), conv=Conv2d(width, 2 * output_channels, 1))
        blocks["output"] = nn.Sequential(head)
        self.blocks = nn.Sequential(blocks)

    def forward(self, x):
        return self.blocks(x)
