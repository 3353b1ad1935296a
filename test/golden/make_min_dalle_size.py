"""Makes the golden of DALL·E mini's full size: generated weights, one text, drawn greedily by PyTorch in float64, and the
picture that its detokeniser makes of that.

    /usr/bin/python3 test/golden/make_min_dalle_size.py CHECKOUT        # 5 minutes, 6 GB

CHECKOUT is kuprel/min-dalle at 73621fb, whose classes compute. The weights follow the recipe in
scripts/full-size/min-dalle.mjs, worked out here a second time in NumPy, and are not stored: hashes in golden.json say
whether another generator made the same bits.

Tokens are proposed step by step in float32 and held to one pass over the whole picture in float64: where all of that
pass's best tokens are the proposed ones, they are what float64 draws.
"""

import contextlib
import hashlib
import importlib
import os
import sys
import zlib

import numpy as np
import torch
from evaluate import HERE, compare, write_record
from PIL import Image
from make_min_dalle import COMMIT, is_left_out, make_pair, open_classes

FOLDER = os.path.join(HERE, "min-dalle-size")
DEPTH, DIM, HEADS, GLU, WORDS, CODES, COUNT, LENGTH = 12, 1024, 16, 2730, 50264, 16384, 256, 64
START, GUIDANCE = CODES - 1, 16
TEXT = "an armchair in the shape of an avocado"
# As the script writes its vocabulary: four tokens of no word, the mark before a word, and letters.
LETTERS = ["<s>", "<pad>", "</s>", "<unk>", "Ġ", *"abcdefghijklmnopqrstuvwxyz"]


# Beside 1: the head tells tokens apart, and most pixels stay within 0 to 1.
GAINS = {"lm_head.weight": 4, "decoder.conv_out.weight": 1 / 16}


def mix(x):
    """The recipe's hash on uint32 arrays, in place, modulo 2^32."""
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    return x


def make_integers(key, length):
    """Integers from -2^10 to 2^10 - 1."""
    stream = mix(np.array([zlib.crc32(key.encode())], dtype=np.uint32))
    h = mix(mix(np.arange(length, dtype=np.uint32) ^ stream) + stream)
    return (h >> np.uint32(21)).astype(np.int32) - 2**10


def generate(half, name, shape):
    """A tensor of the recipe as float32, every number of which is a half."""
    integers = make_integers(f"{half}.{name}", int(np.prod(shape)))
    if len(shape) == 1 and name.endswith("weight"):
        values = (integers // 2 + 1024) / 1024
    elif len(shape) == 1:
        values = integers * 2.0**-13
    elif name.startswith("embed"):
        values = integers * 2.0**-10
    else:
        f, g = int(np.prod(shape[1:])), GAINS.get(name, 1)
        exponent = next(e for e in range(32, -33, -1) if 3 * g * 4.0**e <= 2 * f)
        values = integers * 2.0 ** (-10 - exponent)
    if name == "decoder.conv_out.bias":
        values += 0.5
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def fill(half, net, stored=torch.float16):
    """Overwrites what a published file has; the rest stays as it was made, norms of weight 1."""
    digest = hashlib.sha256()
    state = net.state_dict()
    for name in sorted(state):
        if half != "detoker" and is_left_out(name):
            continue
        values = generate(half, name, tuple(state[name].shape))
        state[name].copy_(values)
        digest.update(values.to(stored).numpy().tobytes())
    return digest.hexdigest()


def list_tokens():
    words = [LETTERS.index(letter) for word in TEXT.split(" ") for letter in f"Ġ{word}"]
    row = [0, *words, 2]
    pad = lambda tokens: tokens + [1] * (LENGTH - len(tokens))
    return torch.tensor([pad([row[0], row[-1]]), pad(row)])


def run(encoded, decoder, text, tokens, places, state):
    mask = text.not_equal(1)[:, None, None, :]
    logits, _ = decoder(
        attention_mask=mask, encoder_state=encoded, attention_state=state, prev_tokens=tokens, token_index=places
    )
    return logits[..., :CODES]


def guide(logits):
    return logits[0] + GUIDANCE * (logits[1] - logits[0])


class Kept(torch.nn.Module):
    """A product that was computed before, whatever it is asked."""

    def __init__(self, result):
        super().__init__()
        self.result = result

    def forward(self, _):
        return self.result


@contextlib.contextmanager
def text_kept(encoded, decoder):
    """Keys and values of the text are the same at each step, and the original computes them at each."""
    attentions = [layer.encoder_attn for layer in decoder.layers]
    products = [(attention.k_proj, attention.v_proj) for attention in attentions]
    for attention, (keys, values) in zip(attentions, products):
        attention.k_proj, attention.v_proj = Kept(keys(encoded)), Kept(values(encoded))
    try:
        yield
    finally:
        for attention, (keys, values) in zip(attentions, products):
            attention.k_proj, attention.v_proj = keys, values


def propose(encoded, decoder, text, given=(START,)):
    """The given tokens, and those that follow in float32, each step with what the steps before kept."""
    state = torch.zeros((DEPTH, 4, COUNT, DIM))
    places, tokens = torch.arange(COUNT), list(given)
    with text_kept(encoded, decoder):
        for place in range(COUNT):
            logits = run(encoded, decoder, text, torch.tensor([[tokens[place]]]), places[[place]], state)
            if place + 1 == len(tokens):
                tokens.append(int(guide(logits[:, -1]).argmax()))
    return tokens


def compute_whole(encoder, decoder, text, tokens, dtype):
    encoder, decoder = encoder.to(dtype), decoder.to(dtype)
    encoded = encoder(text)
    state = torch.zeros((DEPTH, 4, COUNT, DIM), dtype=dtype)
    return run(encoded, decoder, text, torch.tensor([tokens[:COUNT]]), torch.arange(COUNT), state)


def draw(encoder, decoder, text):
    """Start and tokens, which both passes agree upon, and what both say of them."""
    tokens = propose(encoder(text), decoder, text)
    while True:
        single = guide(compute_whole(encoder, decoder, text, tokens, torch.float32))
        double = guide(compute_whole(encoder, decoder, text, tokens, torch.float64))
        encoder.float(), decoder.float()
        best = double.argmax(-1).tolist()
        differing = [place for place in range(COUNT) if best[place] != tokens[place + 1]]
        print("differing from float64 at", differing)
        if not differing:
            return tokens, single, double
        # What follows a wrong token is wrong: go on from the right one.
        tokens = propose(encoder(text), decoder, text, tokens[: differing[0] + 1] + [best[differing[0]]])


def draw_picture(tokens):
    """Pixels [3, 256, 256] before they are clipped, in float32 and in float64, and the hash of the weights."""
    module = importlib.import_module("min_dalle.models.vqgan_detokenizer")
    # Its own goes to float32 here, whatever it computes in.
    module.Upsample.forward = lambda self, x: self.conv(self.upsample(x))
    net = module.VQGanDetokenizer().eval()
    digest = fill("detoker", net, torch.float32)

    def compute(dtype):
        net.to(dtype)
        table = net.embedding(torch.tensor(tokens).view(1, 16, 16)).permute(0, 3, 1, 2).contiguous()
        return net.decoder(net.post_quant_conv(table))[0].numpy()

    return compute(torch.float32), compute(torch.float64), digest


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    classes = open_classes(sys.argv[1])
    encoder, decoder = make_pair(classes, DEPTH, DIM, HEADS, GLU, WORDS, CODES)
    hashes = {half: fill(half, net.eval()) for half, net in (("encoder", encoder), ("decoder", decoder))}
    print(hashes)
    text = list_tokens()
    tokens, single, double = draw(encoder, decoder, text)
    print(tokens)
    del encoder, decoder
    pixels, exact, hashes["detoker"] = draw_picture(tokens[1:])
    best = double.topk(2, -1).values
    gap = (best[:, 0] - best[:, 1]).float()
    os.makedirs(FOLDER, exist_ok=True)
    for file in os.listdir(FOLDER):
        os.remove(os.path.join(FOLDER, file))
    np.save(os.path.join(FOLDER, "tokens.f64.npy"), np.array(tokens[1:], dtype=np.int32).reshape(16, 16))
    np.save(os.path.join(FOLDER, "gap.npy"), gap.numpy().reshape(16, 16))
    picture = np.rint(np.clip(exact, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
    Image.fromarray(picture).save(os.path.join(FOLDER, "picture.png"), optimize=True)
    record = {
        "what": "DALL·E mini at its published size, generated weights: drawn greedily, guidance 16",
        "commit": COMMIT,
        "text": TEXT,
        "textTokens": text[1].tolist(),
        "weights": hashes,
        "errors": {"guided": compare(single.numpy(), double.numpy()), "pixels": compare(pixels, exact)},
        "distinctTokens": len(set(tokens[1:])),
        "smallestGap": float(gap.min()),
    }
    write_record(FOLDER, "make_min_dalle_size.py", record)
    print({key: record[key] for key in ("errors", "distinctTokens", "smallestGap")})
