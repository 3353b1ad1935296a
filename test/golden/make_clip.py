"""Makes the goldens of clip/ and the checkpoints of weights-convert/corpus/clip/: small CLIPs of OpenAI's own classes.

    git clone https://github.com/openai/CLIP && git -C CLIP checkout d05afc4
    /usr/bin/python3 test/golden/make_clip.py CLIP         # 20 s, 2 GB; python3-torch, python3-pil, ftfy and regex

Only `clip/model.py`, `clip/simple_tokenizer.py` and `tokenize` of `clip/clip.py` are imported; nothing of them is kept.
Weights are random, rounded to halves so that their files are small and float32 holds them exactly. Before anything is
made, the full sizes are counted.

The resizing of `clip._transform` is torchvision's of PIL pictures, which is Pillow's: written out here by its sizes.
"""

import gzip
import json
import os
import struct
import sys
import tempfile
import types

import numpy as np
import torch
from evaluate import HERE, compare, write_record
from PIL import Image

FOLDER = os.path.join(HERE, "clip")
CORPUS = os.path.join(os.path.dirname(os.path.dirname(HERE)), "weights-convert", "corpus", "clip")
COMMIT = "d05afc4"
SEED = 20261130
# resolution, vision layers, width, patch, context, vocabulary, text width, heads, layers; embed first.
FULL_SIZES = {
    "ViT-B/32": ((512, 224, 12, 768, 32, 77, 49408, 512, 8, 12), 302, 151_277_313),
    "ViT-B/16": ((512, 224, 12, 768, 16, 77, 49408, 512, 8, 12), 302, 149_620_737),
    "ViT-L/14": ((768, 224, 24, 1024, 14, 77, 49408, 768, 12, 12), 446, 427_616_513),
    "ViT-L/14@336px": ((768, 336, 24, 1024, 14, 77, 49408, 768, 12, 12), 446, 427_944_193),
}
TINY = (32, 32, 2, 64, 16, 16, 60, 64, 1, 2)
NAMED = (24, 16, 1, 64, 4, 12, 40, 64, 1, 1)
MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


def import_clip(checkout):
    """OpenAI's package without torchvision and tqdm, which only its loader needs."""
    for name in ["torchvision", "torchvision.transforms", "tqdm"]:
        module = types.ModuleType(name)
        for attribute in ["Compose", "Resize", "CenterCrop", "ToTensor", "Normalize", "tqdm"]:
            setattr(module, attribute, None)
        sys.modules.setdefault(name, module)
    sys.path.insert(0, checkout)
    import clip.clip
    import clip.model

    return clip


def check_full_sizes(model_class):
    for name, (sizes, tensors, parameters) in FULL_SIZES.items():
        state = model_class(*sizes).state_dict()
        found = (len(state), sum(tensor.numel() for tensor in state.values()))
        assert found == (tensors, parameters), (name, found)


def make_model(clip, sizes, generator, activation=None):
    """Gains around one, products that keep the variance; all rounded to halves, which float32 holds."""
    model = clip.model.CLIP(*sizes).eval()
    for name, tensor in model.state_dict().items():
        values = torch.randn(tensor.shape, generator=generator)
        if "ln_" in name:
            values = (1 if name.endswith("weight") else 0) + 0.2 * values
        elif name == "logit_scale":
            values = torch.tensor(3.0)
        elif name.endswith("bias"):
            values = 0.1 * values
        elif tensor.dim() > 1 and "embedding" not in name:
            fan = tensor.shape[0] if name.endswith("proj") else tensor[0].numel()
            values = values * 1.2 / fan**0.5
        else:
            values = 0.5 * values
        tensor.copy_(values.half().float())
    if activation:
        for module in model.modules():
            if hasattr(module, "gelu"):
                module.gelu = activation()
    return model


def draw_text(sizes, generator):
    """Three texts of different lengths: start, words, end (the largest id), zeros."""
    context, vocabulary = sizes[5], sizes[6]
    text = torch.zeros(3, context).long()
    for row, words in enumerate([3, context - 2, 0]):
        text[row, 0] = vocabulary - 2
        text[row, 1 : 1 + words] = torch.randint(1, vocabulary - 2, (words,), generator=generator)
        text[row, 1 + words] = vocabulary - 1
    return text


def compute(model, pixels, text):
    """What is compared, in float32 and in float64."""
    results = []
    for dtype in (torch.float32, torch.float64):
        own = model.to(dtype)
        # LayerNorm casts to float32 whatever it is given; the mask is a plain attribute.
        for block in [m for m in own.modules() if type(m).__name__ == "LayerNorm"]:
            block.forward = lambda x, self=block: torch.nn.LayerNorm.forward(self, x)
        with torch.no_grad():
            images, texts = own.encode_image(pixels.to(dtype)), own.encode_text(text)
            logits, _ = own(pixels.to(dtype), text)
        results.append({"imageFeatures": images.numpy(), "textFeatures": texts.numpy(), "logits": logits.numpy()})
    model.float()
    return results


def store_results(name, model, sizes, generator):
    pixels = torch.randn(3, 3, sizes[1], sizes[1], generator=generator)
    text = draw_text(sizes, generator)
    single, double = compute(model, pixels, text)
    arrays = {"pixels": pixels.numpy(), "text": text.numpy().astype(np.int32)}
    arrays |= {f"{key}.f64": value for key, value in double.items()}
    for key, array in arrays.items():
        np.save(os.path.join(FOLDER, f"{name}.{key}.npy"), np.ascontiguousarray(array))
    return {"name": name, "errors": {key: compare(single[key], double[key]) for key in double}}


def write_safetensors(path, tensors):
    """A length, a JSON header, the bytes."""
    header, data = {}, b""
    for name, tensor in tensors.items():
        own = tensor.half() if tensor.is_floating_point() else tensor
        bytes_ = np.ascontiguousarray(own.numpy()).tobytes()
        dtype = "F16" if tensor.is_floating_point() else "I64"
        header[name] = {"dtype": dtype, "shape": list(own.shape), "data_offsets": [len(data), len(data) + len(bytes_)]}
        data += bytes_
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def name_as_hugging_face(state):
    """The same weights in the names of transformers' CLIPModel, as its converter (0ea0108) makes them."""
    renamed = {}
    fixed = {
        "logit_scale": "logit_scale",
        "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
        "positional_embedding": "text_model.embeddings.position_embedding.weight",
        "visual.class_embedding": "vision_model.embeddings.class_embedding",
        "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
        "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    }
    norms = {"ln_final": "text_model.final_layer_norm", "visual.ln_pre": "vision_model.pre_layrnorm"}
    norms["visual.ln_post"] = "vision_model.post_layernorm"
    parts = {"ln_1": "layer_norm1", "ln_2": "layer_norm2", "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2"}
    parts["attn.out_proj"] = "self_attn.out_proj"
    for name, tensor in state.items():
        if name in fixed:
            renamed[fixed[name]] = tensor
        elif name in ("visual.proj", "text_projection"):
            renamed["visual_projection.weight" if "visual" in name else "text_projection.weight"] = tensor.T
        elif name.rsplit(".", 1)[0] in norms:
            norm, end = name.rsplit(".", 1)
            renamed[f"{norms[norm]}.{end}"] = tensor
        else:
            tower = "vision_model" if name.startswith("visual.") else "text_model"
            layer, rest = name.removeprefix("visual.").removeprefix("transformer.resblocks.").split(".", 1)
            own = f"{tower}.encoder.layers.{layer}"
            if rest.startswith("attn.in_proj_"):
                for part, third in zip("qkv", tensor.chunk(3)):
                    renamed[f"{own}.self_attn.{part}_proj.{rest.removeprefix('attn.in_proj_')}"] = third
            else:
                part, end = rest.rsplit(".", 1)
                renamed[f"{own}.{parts[part]}.{end}"] = tensor
    for tower in ("text_model", "vision_model"):
        count = len(renamed[f"{tower}.embeddings.position_embedding.weight"])
        renamed[f"{tower}.embeddings.position_ids"] = torch.arange(count).expand(1, -1)
    return renamed


def name_as_open_clip(state):
    """As open_clip's CustomTextCLIP has them: the text tower under `text.`."""
    return {name if name.startswith("visual.") or name == "logit_scale" else f"text.{name}": t for name, t in state.items()}


def write_archive(path, clip, sizes, state):
    """A TorchScript archive, with halves where OpenAI's has them and its three buffers of whole numbers."""
    model = clip.model.CLIP(*sizes).eval()
    model.load_state_dict(state)
    del model.context_length, model.vocab_size
    for name, value in [("input_resolution", sizes[1]), ("context_length", sizes[5]), ("vocab_size", sizes[6])]:
        model.register_buffer(name, torch.tensor(value))
    example = (torch.zeros(1, 3, sizes[1], sizes[1]), torch.zeros(1, sizes[5]).long())
    traced = [torch.jit.trace(model, example, check_trace=False) for _ in range(3)][-1]
    halve(traced)
    torch.jit.save(traced, path)


def halve(traced):
    """What `convert_weights` makes halves, by name: a traced module is no nn.Linear any more."""
    for name, tensor in traced.named_parameters():
        if "ln_" in name or "embedding" in name or name == "logit_scale":
            continue
        tensor.data = tensor.data.half()


def resize_and_crop(picture, size):
    """`Resize(n, BICUBIC)` and `CenterCrop(n)` of torchvision for a PIL picture."""
    width, height = picture.size
    short, long = min(width, height), max(width, height)
    new_short, new_long = size, int(size * long / short)
    sizes = (new_short, new_long) if width <= height else (new_long, new_short)
    resized = picture if (width, height) == sizes else picture.resize(sizes, Image.BICUBIC)
    left, top = (int(round((side - size) / 2.0)) for side in sizes)
    return resized.crop((left, top, left + size, top + size)).convert("RGB")


def store_pictures():
    """Odd sizes, larger and smaller than 32: noise over slopes, so that weights, edges and rounding all show."""
    cases = []
    for index, (width, height) in enumerate([(61, 47), (47, 62), (33, 32), (20, 13), (9, 40), (32, 32), (130, 65), (3, 50)]):
        random = np.random.RandomState(index)
        slope = np.add.outer(np.arange(height) * 2, np.arange(width))[:, :, None] + np.array([0, 60, 120])
        pixels = ((slope + random.randint(0, 140, (height, width, 3))) % 256).astype(np.uint8)
        name = f"{width}x{height}"
        Image.fromarray(pixels).save(os.path.join(FOLDER, f"{name}.png"), optimize=True)
        prepared = np.asarray(resize_and_crop(Image.fromarray(pixels), 32))
        np.save(os.path.join(FOLDER, f"{name}.prepared.npy"), np.ascontiguousarray(prepared.transpose(2, 0, 1)).astype(np.int32))
        cases.append(name)
    first = np.load(os.path.join(FOLDER, f"{cases[0]}.prepared.npy")).astype(np.float32)[None] / np.float32(255)
    shape = (1, 3, 1, 1)
    normalised = (first - np.array(MEAN, np.float32).reshape(shape)) / np.array(STD, np.float32).reshape(shape)
    np.save(os.path.join(FOLDER, f"{cases[0]}.normalised.npy"), normalised)
    return cases


TEXTS = ["", "a red heart", "A  Red\tHEART!", "green green green green green green green green green green green green", "l'été", "🐋"]


def store_tokens(clip):
    """`tokenize` with a short vocabulary, in the three ways it can be called."""
    with open(os.path.join(HERE, "tokenizers", "clip.json"), encoding="utf-8") as file:
        merges = json.load(file)["merges"]
    from clip.simple_tokenizer import SimpleTokenizer

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "merges.txt.gz")
        with gzip.open(path, "wt", encoding="utf-8") as file:
            file.write("\n".join(["#version", *merges]))
        clip.clip._tokenizer = SimpleTokenizer(path)
    cases = []
    for text in TEXTS:
        try:
            whole = clip.clip.tokenize(text, context_length=12)[0].tolist()
        except RuntimeError:
            whole = None
        cases.append({"text": text, "rows": whole, "cut": clip.clip.tokenize(text, 12, truncate=True)[0].tolist()})
    return cases


if __name__ == "__main__":
    torch.set_num_threads(1)
    package = import_clip(sys.argv[1])
    check_full_sizes(package.model.CLIP)
    for folder in (FOLDER, CORPUS):
        os.makedirs(folder, exist_ok=True)
        for file_name in os.listdir(folder):
            os.remove(os.path.join(folder, file_name))
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        tiny = make_model(package, TINY, generator)
        write_safetensors(os.path.join(FOLDER, "tiny.weights.safetensors"), tiny.state_dict())
        records = [store_results("tiny", tiny, TINY, generator)]
        for module in tiny.modules():
            if hasattr(module, "gelu"):
                module.gelu = torch.nn.GELU()
        records.append(store_results("tiny-gelu", tiny, TINY, generator))
        named = make_model(package, NAMED, generator)
        state = named.state_dict()
        write_archive(os.path.join(CORPUS, "archive.pt"), package, NAMED, state)
        write_safetensors(os.path.join(CORPUS, "openai.safetensors"), state)
        write_safetensors(os.path.join(CORPUS, "hugging-face.safetensors"), name_as_hugging_face(state))
        torch.save({k: v.half() for k, v in name_as_open_clip(state).items()}, os.path.join(CORPUS, "open-clip.pt"))
        records.append(store_results("named", named, NAMED, generator))
    pictures = store_pictures()
    tokens = store_tokens(package)
    record = {
        "what": f"small CLIPs of openai/CLIP's classes at {COMMIT}: features and logits in float32 and float64",
        "commit": COMMIT,
        "seed": SEED,
        "fullSizes": {name: {"tensors": t, "parameters": p} for name, (_, t, p) in FULL_SIZES.items()},
        "cases": records,
        "pictures": pictures,
        "tokens": tokens,
    }
    write_record(FOLDER, "make_clip.py CLIP", record)
    for item in records:
        print(item["name"], item["errors"])
