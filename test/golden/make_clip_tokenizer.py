"""
Writes tokenizers/clip: what CLIP's own SimpleTokenizer makes of the 300 texts, with merges trained here, and what it
would make of them if ftfy did not look for wrong encodings; and hashes of what ftfy and Python make of every letter, and
of every name and number that HTML has for one.

    git clone https://github.com/openai/CLIP && git -C CLIP checkout d05afc4
    python3 -m pip install ftfy==6.3.1 regex==2026.5.9
    python3 test/golden/make_clip_tokenizer.py CLIP
"""
import gzip
import hashlib
import html
import importlib.util
import json
import sys
from collections import Counter
from html.entities import html5
from pathlib import Path

import ftfy
import regex
from ftfy.fixes import unescape_html

HERE = Path(__file__).resolve().parent / "tokenizers"
OUT = HERE / "clip"

spec = importlib.util.spec_from_file_location("simple_tokenizer", Path(sys.argv[1]) / "clip" / "simple_tokenizer.py")
original = importlib.util.module_from_spec(spec)
spec.loader.exec_module(original)


def train(texts, wanted):
    """Merges by the counts of pairs, each making a token that there was not."""
    letters = original.bytes_to_unicode()
    counted = Counter()
    for text in texts:
        for word in regex.findall(r"\p{L}+|\p{N}|[^\s\p{L}\p{N}]+", text.lower()):
            pieces = [letters[byte] for byte in word.encode("utf8", "ignore")]
            counted[tuple(pieces[:-1] + [pieces[-1] + "</w>"])] += 1
    merges, made = [], set()
    while len(merges) < wanted:
        pairs = Counter()
        for pieces, count in counted.items():
            for pair in zip(pieces, pieces[1:]):
                if "".join(pair) not in made:
                    pairs[pair] += count
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        made.add("".join(best))
        counted = Counter({join(pieces, best): count for pieces, count in counted.items()})
    return merges


def join(pieces, pair):
    joined, place = [], 0
    while place < len(pieces):
        size = 2 if pieces[place : place + 2] == pair else 1
        joined.append("".join(pieces[place : place + size]))
        place += size
    return tuple(joined)


def hash_lines(lines):
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode("utf8", "surrogatepass")).hexdigest()


def main():
    OUT.mkdir(exist_ok=True)
    texts = json.loads((HERE / "texts.json").read_text())["texts"]
    captions = json.loads((HERE / "emoji-captions.json").read_text())
    path = OUT / "bpe_simple_vocab_16e6.txt.gz"
    lines = ['"bpe_simple_vocab_16e6.txt#version: 0.2', *(" ".join(pair) for pair in train(captions + texts[:200], 500))]
    path.write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0))
    tokenizer = original.SimpleTokenizer(str(path))
    ids = [tokenizer.encode(text) for text in texts]
    repair = ftfy.fix_text
    ftfy.fix_text = lambda text: repair(text, fix_encoding=False)
    unrepaired = [tokenizer.encode(text) for text in texts]
    codes = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    letters = [(f"{code:x}", ftfy.fix_text(f"a{chr(code)}b")) for code in codes]
    names = sorted({name.rstrip(";") for name in html5})
    forms = [form for name in names for form in (f"&{name}", f"&{name};", f"&{name}x y", f"&{name.upper()};")]
    forms += [f"&#{code};" for code in range(0x110010)] + ["&#x41 &#X42;", "&#;", "&;", "&#x;", "&notit;", "& amp;"]
    golden = {
        "madeBy": f"make_clip_tokenizer.py, CLIP@d05afc4, ftfy {ftfy.__version__}",
        "ids": ids,
        # What the encoding is repaired for.
        "unrepaired": {str(at): row for at, row in enumerate(unrepaired) if row != ids[at]},
        "letters": hash_lines(f"{code} {text}" for code, text in letters if text != f"a{chr(int(code, 16))}b"),
        "unescaped": hash_lines(html.unescape(form) for form in forms),
        "unescapedCarefully": hash_lines(unescape_html(form) for form in forms),
    }
    (OUT / "golden.json").write_text(json.dumps(golden, ensure_ascii=True, separators=(",", ":")) + "\n")
    for at in golden["unrepaired"]:
        print(at, repr(texts[int(at)])[:100])


main()
