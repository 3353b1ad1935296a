"""
Writes tokenizers/min-dalle: what min-dalle's own TextTokenizer makes of the 300 texts, with a vocabulary trained here in
the manner of its files, and with one whose merges come in no order that training would give them.

    git clone https://github.com/kuprel/min-dalle && git -C min-dalle checkout 73621fb
    python3 -m pip install emoji==2.16.0 tokenizers==0.23.2
    python3 test/golden/make_min_dalle_tokenizer.py min-dalle
"""
import hashlib
import importlib.util
import json
import random
import sys
from importlib.metadata import version
from pathlib import Path

from emoji import demojize
from emoji.unicode_codes import EMOJI_DATA
from tokenizers import ByteLevelBPETokenizer

HERE = Path(__file__).resolve().parent / "tokenizers"
OUT = HERE / "min-dalle"
random.seed(14)

spec = importlib.util.spec_from_file_location("text_tokenizer", Path(sys.argv[1]) / "min_dalle" / "text_tokenizer.py")
original = importlib.util.module_from_spec(spec)
spec.loader.exec_module(original)


def write(name, value):
    (OUT / name).write_text(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")


def encode(tokenizer, text):
    """Without the marks at both ends, which are the net's business here."""
    first, *ids, last = tokenizer.tokenize(text)
    assert (first, last) == (0, 2)
    return ids


def train(texts):
    trained = ByteLevelBPETokenizer(add_prefix_space=True)
    marks = ["<s>", "<pad>", "</s>", "<unk>"]
    trained.train_from_iterator(texts, vocab_size=900, min_frequency=2, special_tokens=marks, show_progress=False)
    trained.save_model(str(OUT))
    vocab = json.loads((OUT / "vocab.json").read_text())
    # As BART has it: no text becomes this one.
    vocab["<mask>"] = len(vocab)
    write("vocab.json", vocab)


def read():
    """As min-dalle reads its files."""
    vocab = json.loads((OUT / "vocab.json").read_text())
    return vocab, (OUT / "merges.txt").read_text(encoding="utf8").split("\n")[1:-1]


def tangle():
    """Merges of two letters in any order: what one merge makes may have a merge that goes before it."""
    pieces, merges = ["\u0120", "a", "b"], []
    while len(merges) < 40:
        pair = random.choice(pieces), random.choice(pieces)
        made = "".join(pair)
        if len(made) > 6 or "\u0120" in made[1:] or pair in merges:
            continue
        merges.append(pair)
        if made not in pieces:
            pieces.append(made)
    random.shuffle(merges)
    vocab = {token: i for i, token in enumerate(["<s>", "<pad>", "</s>", "<unk>"] + pieces)}
    texts = ["".join(random.choices("aab ", k=random.randint(1, 40))) for _ in range(200)]
    return vocab, [" ".join(pair) for pair in merges], texts


def main():
    OUT.mkdir(exist_ok=True)
    texts = json.loads((HERE / "texts.json").read_text())["texts"]
    captions = json.loads((HERE / "emoji-captions.json").read_text())
    corpus = captions + [demojize(text, delimiters=["", ""]) for text in texts[:240]]
    train([text.lower().encode("ascii", errors="ignore").decode() for text in corpus])
    tokenizer = original.TextTokenizer(*read())
    vocab, merges, tangled_texts = tangle()
    tangled = original.TextTokenizer(vocab, merges)
    names = "".join(f"{line}\n" for line in sorted(plain(emoji) for emoji in EMOJI_DATA))
    write(
        "golden.json",
        {
            "madeBy": f"make_min_dalle_tokenizer.py, min-dalle@73621fb, emoji {version('emoji')}",
            "ids": [encode(tokenizer, text) for text in texts],
            "tangled": {
                "vocab": vocab,
                "merges": merges,
                "texts": tangled_texts,
                "ids": [encode(tangled, text) for text in tangled_texts],
            },
            # All of them: too many to write down.
            "emoji": {"count": len(EMOJI_DATA), "sha256": hashlib.sha256(names.encode()).hexdigest()},
        },
    )


def plain(emoji):
    """An emoji by the numbers of its letters, and what min-dalle keeps of its name."""
    name = demojize(emoji, delimiters=["", ""]).lower().encode("ascii", errors="ignore").decode()
    return " ".join(f"{ord(letter):x}" for letter in emoji) + " " + name


main()
