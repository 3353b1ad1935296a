"""
Writes tokenizers/yttm: what YouTokenToMe makes of the 300 texts, as ruDALL-E calls it (small letters, trimmed) and as
DALLE-pytorch does (as they are), with a model trained here.

    git clone https://github.com/VKCOM/YouTokenToMe && cd YouTokenToMe && git checkout f4162d8
    python3 -m pip install cython setuptools && python3 setup.py build_ext --inplace && cd -
    python3 test/golden/make_yttm_tokenizer.py YouTokenToMe
"""
import json
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, sys.argv[1])
import youtokentome as yttm

HERE = Path(__file__).resolve().parent / "tokenizers"
OUT = HERE / "yttm"
random.seed(14)
WORDS = "рыжий кот на крыше радуга фоне ночного города ёлка щука чай бублика привет картина маслом робот читает книгу".split()


def train(texts):
    """Its many threads give the same merges; the order of its letters is that of a hash table, and so is sorted here."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf8") as file:
        file.write("\n".join(texts) + "\n")
        file.flush()
        path = str(OUT / "bpe.model")
        yttm.BPE.train(data=file.name, vocab_size=700, model=path, coverage=0.995, n_threads=1)
    head, *lines = (OUT / "bpe.model").read_text().splitlines()
    letters = int(head.split()[0])
    lines[:letters] = sorted(lines[:letters], key=lambda line: int(line.split()[1]))
    (OUT / "bpe.model").write_text("\n".join([head, *lines]) + "\n")


def readable(text):
    """Halves of surrogate pairs are no text for the original, which takes bytes."""
    return text.encode("utf8", "ignore").decode("utf8")


def main():
    OUT.mkdir(exist_ok=True)
    texts = [readable(text) for text in json.loads((HERE / "texts.json").read_text())["texts"]]
    captions = json.loads((HERE / "emoji-captions.json").read_text())
    russian = [" ".join(random.sample(WORDS, random.randint(2, 7))) for _ in range(300)]
    train([text.lower().strip().replace("\n", " ") for text in captions[::3] + russian + texts[:200]])
    model = yttm.BPE(model=str(OUT / "bpe.model"), n_threads=1)
    lowered = model.encode([text.lower().strip() for text in texts], output_type=yttm.OutputType.ID)
    golden = {
        "madeBy": "make_yttm_tokenizer.py, YouTokenToMe@f4162d8",
        "vocabulary": model.vocab(),
        "ids": lowered,
        "decoded": model.decode(lowered, ignore_ids=[0, 1, 2, 3]),
        # Where they differ: these texts have capitals, or white space at their ends.
        "asTheyAre": {
            str(at): ids
            for at, ids in enumerate(model.encode(texts, output_type=yttm.OutputType.ID))
            if ids != lowered[at] and len(ids) < 1000
        },
    }
    (OUT / "golden.json").write_text(json.dumps(golden, ensure_ascii=True, separators=(",", ":")) + "\n")


main()
