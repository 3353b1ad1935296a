"""
Writes tokenizers/char-bpe: what the CharBPETokenizer of Hugging Face's library, called as minDALL-E (kakaobrain/minDALL-E
at e548007) calls it but for padding and cutting, makes of the 300 texts, with files trained here.

    python3 -m pip install tokenizers==0.23.2
    python3 test/golden/make_char_bpe_tokenizer.py
"""
import json
from importlib.metadata import version
from pathlib import Path

from tokenizers import CharBPETokenizer

HERE = Path(__file__).resolve().parent / "tokenizers"
OUT = HERE / "char-bpe"


def main():
    OUT.mkdir(exist_ok=True)
    texts = json.loads((HERE / "texts.json").read_text())["texts"]
    captions = json.loads((HERE / "emoji-captions.json").read_text())
    trained = CharBPETokenizer(unk_token="[UNK]", lowercase=True)
    corpus = captions + texts[:170]
    trained.train_from_iterator(corpus, vocab_size=900, limit_alphabet=200, special_tokens=["[UNK]"], show_progress=False)
    vocabulary, merges = trained.save_model(str(OUT), "bpe-16k")
    tokenizer = CharBPETokenizer.from_file(vocabulary, merges, unk_token="[UNK]", lowercase=True, dropout=None)
    tokenizer.add_special_tokens(["[PAD]"])
    ids = [tokenizer.encode(text).ids for text in texts]
    golden = {
        "madeBy": f"make_char_bpe_tokenizer.py, tokenizers {version('tokenizers')}",
        "tokenizer": {**json.loads(tokenizer._tokenizer.to_str()), "model": None},
        "ids": ids,
        "decoded": [tokenizer.decode(row) for row in ids],
        # Letters between two others, by what becomes of them, as runs [first, last]; what stays within a word is left out.
        "letters": {"dropped": [], "spaces": [], "words": []},
    }
    for code in range(0x110000):
        if 0xD800 <= code < 0xE000:
            continue
        normal = tokenizer._tokenizer.normalizer.normalize_str(f"a{chr(code)}b")
        words = [word for word, _ in tokenizer._tokenizer.pre_tokenizer.pre_tokenize_str(normal)]
        kind = {1: "dropped" if words == ["ab"] else None, 2: "spaces", 3: "words"}[len(words)]
        if kind:
            runs = golden["letters"][kind]
            if runs and runs[-1][1] == code - 1:
                runs[-1][1] = code
            else:
                runs.append([code, code])
    (OUT / "golden.json").write_text(json.dumps(golden, ensure_ascii=True, separators=(",", ":")) + "\n")


main()
