"""Training steps of the nets of training-tasks.ts in PyTorch: a forward pass, a backward pass, AdamW, the loss."""
import numpy
import torch
import torch.nn.functional as F


def dvae_loss(sizes, weights, batch):
    pixels = torch.from_numpy(numpy.fromfile(batch["pixels"], dtype="<f4"))
    pixels = pixels.reshape(sizes["batch"], 3, sizes["side"], sizes["side"])

    def convolve(path, x):
        weight = weights[f"{path}.w"]
        return F.conv2d(x, weight, weights[f"{path}.b"], padding=weight.shape[2] // 2)

    def block(path, x):
        h = x
        for at in range(1, 5):
            h = convolve(f"{path}.res_path.conv_{at}", F.relu(h))
        skip = convolve(f"{path}.id_path", x) if f"{path}.id_path.w" in weights else x
        return torch.add(skip, h, alpha=1 / 16)

    def loss():
        h = convolve("dvae-encoder.blocks.input", pixels)
        for group in range(1, 5):
            h = block(f"dvae-encoder.blocks.group_{group}.block_1", h)
            h = F.max_pool2d(h, 2) if group < 4 else h
        codes = F.softmax(convolve("dvae-encoder.blocks.output.conv", F.relu(h)), 1)
        h = convolve("dvae-decoder.blocks.input", codes)
        for group in range(1, 5):
            h = block(f"dvae-decoder.blocks.group_{group}.block_1", h)
            h = F.interpolate(h, scale_factor=2, mode="nearest") if group < 4 else h
        return F.mse_loss(convolve("dvae-decoder.blocks.output.conv", F.relu(h))[:, :3], pixels)

    return loss


def transformer_loss(sizes, weights, batch):
    dim, heads, length, count = sizes["dim"], sizes["heads"], sizes["length"], sizes["batch"]
    tokens, following = (torch.from_numpy(numpy.fromfile(batch[name], dtype="<i4")).long() for name in ("tokens", "next"))
    unseen = torch.full((length, length), -1e30).triu(1)

    def norm(name, x):
        return F.layer_norm(x, [dim], weights[f"{name}.gain"], weights[f"{name}.shift"])

    def project(name, x):
        return F.linear(x, weights[f"{name}.w"], weights[f"{name}.b"])

    def attend(qkv):
        vectors = qkv.reshape(count, length, 3 * heads, dim // heads).transpose(1, 2)
        query, key, value = vectors.split(heads, 1)
        scores = torch.matmul(query * (dim // heads) ** -0.5, key.transpose(2, 3)) + unseen
        return torch.matmul(F.softmax(scores, -1), value).transpose(1, 2).reshape(count * length, dim)

    def loss():
        x = F.embedding(tokens, weights["embedding"]).reshape(count, length, dim) + weights["positions"]
        x = x.reshape(count * length, dim)
        for layer in range(sizes["depth"]):
            x = x + project(f"{layer}.out", attend(project(f"{layer}.qkv", norm(f"{layer}.norm1", x))))
            x = x + project(f"{layer}.narrow", F.gelu(project(f"{layer}.wide", norm(f"{layer}.norm2", x))))
        return F.cross_entropy(project("logits", norm("norm", x)), following)

    return loss


losses = {"dvae": dvae_loss, "transformer": transformer_loss}


def prepare_training(kind, sizes, weights, batch, adam):
    """A step for each call, which answers with the loss before weights change."""
    for weight in weights.values():
        weight.requires_grad_(True)
    compute = losses[kind](sizes, weights, batch)
    optimizer = torch.optim.AdamW(weights.values(), **adam)

    def run():
        with torch.enable_grad():
            optimizer.zero_grad(set_to_none=True)
            loss = compute()
            loss.backward()
        optimizer.step()
        return [loss.item()]

    return run
