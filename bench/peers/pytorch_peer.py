"""PyTorch on the CPU, driven a line at a time by pytorch.ts: operands from a file, then one answer for each `run`."""
import json
import sys

import numpy
import torch

threads = json.loads(sys.stdin.readline())["threads"]
torch.set_num_threads(threads)
print(json.dumps({"version": torch.__version__, "threads": torch.get_num_threads()}), flush=True)

compute = None
for line in sys.stdin:
    message = json.loads(line)
    if message["do"] == "prepare":
        values = torch.from_numpy(numpy.fromfile(message["file"], dtype="<f4"))
        sizes = [numpy.prod(shape) for shape in message["shapes"]]
        x, w = (part.reshape(shape) for part, shape in zip(values.split(sizes), message["shapes"]))
        middle = message["middle"]
        if message["kind"] == "matmul":
            compute = lambda x=x, w=w, m=middle: torch.mm(x, w)[m]
        else:
            same = w.shape[2] // 2
            compute = lambda x=x, w=w, m=middle, p=same: torch.conv2d(x, w, padding=p)[0, :, m, m]
        print("{}", flush=True)
    else:
        with torch.no_grad():
            print(json.dumps(compute().tolist()), flush=True)
