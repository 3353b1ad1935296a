"""PyTorch on the CPU, driven a line at a time by pytorch.ts: operands from a file, then one answer for each `run`."""
import importlib
import json
import re
import sys
import time
import types

import numpy
import torch
import torch.nn.functional as F

from pytorch_training import prepare_training


def find_blas():
    """The library that computes products, by what this process has loaded."""
    torch.mm(torch.ones(8, 8), torch.ones(8, 8))
    with open("/proc/self/maps") as maps:
        files = {line.split()[-1] for line in maps if "/" in line}
    fast = sorted(file for file in files if re.search(r"openblas|mkl_|libblis|atlas", file))
    plain = sorted(file for file in files if re.search(r"/libblas[^/]*\.so", file))
    built = re.search(r"BLAS_INFO=(\w+)", torch.__config__.show())
    return {"fast": fast, "plain": plain, "built": built.group(1) if built else ""}


def read_tensors(file, tensors):
    values = torch.from_numpy(numpy.fromfile(file, dtype="<f4"))
    parts = values.split([int(numpy.prod(shape)) for _, shape in tensors])
    return {name: part.reshape(shape).clone() for part, (name, shape) in zip(parts, tensors)}


def prepare_kernel(kind, file, shapes, middle):
    x, w = read_tensors(file, list(enumerate(shapes))).values()
    if kind == "matmul":
        return lambda: torch.mm(x, w)[middle].tolist()
    same = w.shape[2] // 2
    return lambda: torch.conv2d(x, w, padding=same)[0, :, middle, middle].tolist()


def prepare_net(file, tensors, steps, x, answer):
    """Interprets the steps of net-steps.ts. Channels last took 0.88 times planes' CPU time to encode, as much to decode."""
    weights = read_tensors(file, tensors)
    for name, weight in weights.items():
        if weight.dim() == 4:
            weights[name] = weight.contiguous(memory_format=torch.channels_last)
    given = torch.from_numpy(numpy.fromfile(x["file"], dtype=x["dtype"])).reshape(x["shape"])
    if given.dim() == 4:
        given = given.contiguous(memory_format=torch.channels_last)
    last_use = {name: index for index, step in enumerate(steps) for name in step["inputs"]}

    def run_step(step, a, b=None):
        kind = step["kind"]
        if kind == "scale":
            return a * step["gain"] + step["shift"]
        if kind == "convolve":
            return F.conv2d(a, weights[step["weight"]], weights[step["bias"]], padding=step["kernel"] // 2)
        if kind == "relu":
            return F.relu(a)
        if kind == "pool":
            return F.max_pool2d(a, 2)
        if kind == "upsample":
            return F.interpolate(a, scale_factor=2, mode="nearest")
        if kind == "add":
            return b.add_(a)
        if kind == "argmax":
            return a.argmax(1).to(torch.int32)
        if kind == "embed":
            return F.embedding(a, weights[step["weight"]]).permute(0, 3, 1, 2)
        return (torch.sigmoid(a[:, :3]) * step["gain"] + step["shift"]).clamp(0, 1).contiguous()

    def run():
        values = {"x": given}
        for index, step in enumerate(steps):
            values[step["output"]] = run_step(step, *(values[name] for name in step["inputs"]))
            for name in step["inputs"]:
                if last_use[name] == index:
                    values.pop(name, None)
        values["y"].numpy().tofile(answer)
        return []

    return run


def import_min_dalle(source):
    """The original classes, without what their package imports for downloading and for emoji."""
    package = types.ModuleType("min_dalle")
    package.__path__ = [f"{source}/min_dalle"]
    sys.modules["min_dalle"] = package
    return importlib.import_module("min_dalle.models")


def load(module, tensors, prefix):
    """Norms that have no weights in the files keep the ones that PyTorch gives them."""
    own = {name[len(prefix):]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    missing, unexpected = module.load_state_dict(own, strict=False)
    if unexpected or any(not re.search(r"(ln\d?|layer_norm)\.weight$", name) for name in missing):
        raise ValueError(f"tensors do not fit: {unexpected}, {missing}")
    return module.eval()


def prepare_min_dalle(source, file, tensors, sizes, text, answer):
    """Its encoder and decoder as MinDalle.generate_raw_image_stream calls them. Text rows: the prompt's, then the empty one's."""
    models = import_min_dalle(source)
    weights = read_tensors(file, tensors)
    common = {"embed_count": sizes["dim"], "attention_head_count": sizes["heads"], "glu_embed_count": sizes["glu_size"],
              "layer_count": sizes["depth"], "device": "cpu"}
    encoder = models.DalleBartEncoder(text_token_count=len(text[0]), text_vocab_count=sizes["text_vocab"], **common)
    decoder = models.DalleBartDecoder(image_vocab_count=sizes["image_rows"] - 1, **common)
    load(encoder, weights, "text_encoder.")
    load(decoder, weights, "transformer.")
    weights.clear()
    candidates = sizes["candidates"]
    rows = [1] * candidates + [0] * candidates  # the original has the empty text first
    tokens = torch.tensor(text)
    indices = torch.arange(256)
    state = {}

    def step(position, previous):
        logits, state["attention"] = decoder.forward(
            attention_mask=state["mask"], encoder_state=state["encoded"], attention_state=state["attention"],
            prev_tokens=torch.tensor(previous)[:, None], token_index=indices[[position]])
        empty, prompt = logits[:, -1, : sizes["image_vocab"]].split(candidates)
        torch.cat([prompt, empty]).contiguous().numpy().tofile(answer)
        return []

    def run(position, given):
        if position >= 0:
            return step(position + 1, given[:candidates])
        state["encoded"] = encoder.forward(tokens)[rows]
        state["mask"] = tokens[rows].not_equal(1)[:, None, None, :]
        state["attention"] = torch.zeros(sizes["depth"], 4 * candidates, 256, sizes["dim"])
        return step(0, [sizes["start_token"]] * candidates)

    return run


def prepare_detokenizer(source, file, tensors, tokens, answer):
    """min-dalle's own; its pixels are 0 to 255, rows of [H, W, 3]."""
    detokenizer = import_min_dalle(source).VQGanDetokenizer()
    load(detokenizer, read_tensors(file, tensors), "")
    given = torch.tensor(tokens)[None]

    def run():
        (detokenizer.forward(False, given) / 255).permute(2, 0, 1).contiguous().numpy().tofile(answer)
        return []

    return run


prepare = {"kernel": prepare_kernel, "net": prepare_net, "min-dalle": prepare_min_dalle, "detokenizer": prepare_detokenizer,
           "training": lambda file, tensors, **rest: prepare_training(weights=read_tensors(file, tensors), **rest)}
threads = json.loads(sys.stdin.readline())["threads"]
torch.set_num_threads(threads)
print(json.dumps({"version": torch.__version__, "threads": torch.get_num_threads(), "blas": find_blas()}), flush=True)

compute = None
for line in sys.stdin:
    message = json.loads(line)
    if "prepare" in message:
        compute = None  # what was prepared before is freed
        compute = prepare[message["prepare"]](**message["with"])
        print(json.dumps({"answer": [], "cpu": 1e3 * time.process_time()}), flush=True)
    else:
        with torch.no_grad():
            print(json.dumps({"answer": compute(*message.get("given", [])), "cpu": 1e3 * time.process_time()}), flush=True)
