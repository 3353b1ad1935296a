"""Goldens of the tokenizers: what Hugging Face's `tokenizers` says, and definitions of our own, as short as can be.

    python3 -m pip install tokenizers==0.23.2 regex==2026.9.29
    python3 test/golden/make_tokenizers.py
"""
import json
from collections import Counter
from pathlib import Path

import regex
import tokenizers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

OUT = Path(__file__).resolve().parent / "tokenizers"
ODD = [
    "", "  ", "Red  HEART\n", "a\0b", "\u2764\ufe0f heart", "\U0001f680rocket", "ñandú", "İstanbul", "ΣΑΣ σας ΑΣ. AΣB",
    "red\u00a0heart", "a\u200bb", "a\u0085b", "a\ufeffb", "a\u001cb", "日本語", "naïve café", "Ⅷ ǅ ﬁ", "it's o'clock, isn't it?",
    "<unk>", "a</w> b", "</w>", "42 3/4 $5", "supercalifragilistic", "a" * 100, "ab" * 50, "__proto__ constructor",
    "it'ſ 'LL", "e\u0301 a\u0345b", "!!!...---", "<|endoftext|> <|startoftext|>x",
]


def merge_list(words, wanted, rank=None):
    """Counts all pairs anew for each merge; of equal counts the pair that sorts first. `words`: pieces -> count."""
    merges, made = [], set()
    while len(made) < wanted:
        counts = Counter()
        for pieces, count in words.items():
            for pair in zip(pieces, pieces[1:]):
                counts[pair] += count
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        merges.append(best)
        made.add("".join(best))
        joined = Counter()
        for pieces, count in words.items():
            joined[tuple(join(list(pieces), best))] += count
        words = joined
    return merges


def join(pieces, pair):
    place = 0
    while place < len(pieces) - 1:
        if (pieces[place], pieces[place + 1]) == pair:
            pieces[place : place + 2] = ["".join(pair)]
        place += 1
    return pieces


def encode_word(pieces, ranks):
    while True:
        known = [pair for pair in zip(pieces, pieces[1:]) if pair in ranks]
        if not known:
            return pieces
        pieces = join(pieces, min(known, key=ranks.get))


def marked(letters):
    return tuple(letters[:-1]) + (letters[-1] + "</w>",)


def own_tokenizer(captions, size):
    words = Counter(word for caption in captions for word in "".join(c.lower() for c in caption).split())
    letters = sorted({letter for word in words for letter in word})
    vocab = ["<unk>"] + [form for letter in letters for form in (letter, letter + "</w>")]
    merges = merge_list(Counter({marked(word): count for word, count in words.items()}), size - len(vocab))
    vocab += dict.fromkeys("".join(pair) for pair in merges)
    model = models.BPE(
        {token: i for i, token in enumerate(vocab)}, list(dict.fromkeys(merges)), unk_token="<unk>", end_of_word_suffix="</w>"
    )
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.decoder = decoders.BPEDecoder("</w>")
    return tokenizer


def clip_tokens(text, merges):
    """CLIP's algorithm over its bytes: Latin-1 as it is, the rest from U+0100 on."""
    printed = [b for b in range(256) if 0x21 <= b <= 0x7E or 0xA1 <= b <= 0xFF and b != 0xAD]
    hidden = [b for b in range(256) if b not in printed]
    letter = {b: chr(b) for b in printed} | {b: chr(256 + i) for i, b in enumerate(hidden)}
    letters = [letter[b] for b in printed + hidden]
    marks = ["<|startoftext|>", "<|endoftext|>"]
    tokens = letters + [c + "</w>" for c in letters] + ["".join(pair) for pair in merges] + marks
    ids = {token: i for i, token in enumerate(tokens)}
    ranks = {pair: i for i, pair in enumerate(merges)}
    pattern = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    result = []
    for word in regex.findall(pattern, text.lower(), regex.IGNORECASE):
        pieces = [word] if word in marks else encode_word(list(marked([letter[b] for b in word.encode()])), ranks)
        result += [ids[piece] for piece in pieces]
    return result


def byte_words(captions):
    words = Counter()
    for caption in captions:
        for word in regex.findall(r"\p{L}+", caption.lower()):
            words[marked(word)] += 1
    return words


def cases(tokenizer, texts):
    found = []
    for text in texts:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        found.append({"text": text, "ids": ids, "decoded": tokenizer.decode(ids)})
    return found


def foreign_tokenizers(captions):
    word_piece = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    word_piece.normalizer = normalizers.BertNormalizer()
    word_piece.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    word_piece.decoder = decoders.WordPiece()
    word_piece.train_from_iterator(
        captions, trainers.WordPieceTrainer(vocab_size=150, special_tokens=["[UNK]", "[CLS]", "[SEP]"], show_progress=False)
    )
    ends = [("[CLS]", word_piece.token_to_id("[CLS]")), ("[SEP]", word_piece.token_to_id("[SEP]"))]
    word_piece.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    byte_level = Tokenizer(models.BPE())
    byte_level.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    byte_level.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    byte_level.train_from_iterator(
        captions, trainers.BpeTrainer(vocab_size=330, initial_alphabet=alphabet, special_tokens=["<s>"], show_progress=False)
    )
    return {"wordpiece": word_piece, "byte-level": byte_level}


def write(name, value):
    (OUT / name).write_text(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")


def main():
    captions = json.loads((OUT / "emoji-captions.json").read_text())
    corpus = captions + ["ΣΑΣ σας", "naïve café", "it's", "aaaa aaa aaaaaaa abcabcabc"]
    own = own_tokenizer(corpus, 220)
    written = json.loads(own.to_str())
    merges = merge_list(byte_words(captions), 60)
    made_by = f"make_tokenizers.py, tokenizers {tokenizers.__version__}, regex {regex.__version__}"
    emoji = Tokenizer.from_file(str(OUT / "emoji-tokenizer.json"))
    write("emoji.json", {"madeBy": made_by, "cases": cases(emoji, captions + ODD)})
    write("trained.json", {"madeBy": made_by, "corpus": corpus, "tokenizer": written, "cases": cases(own, captions[::10] + ODD)})
    clip = [{"text": text, "ids": clip_tokens(text, merges)} for text in captions[::10] + ODD]
    write("clip.json", {"madeBy": made_by, "merges": [" ".join(pair) for pair in merges], "cases": clip})
    for name, tokenizer in foreign_tokenizers(captions).items():
        texts = captions[::40] + ["Red  HEART", "naïve café 42", ""]
        write(f"{name}.json", {"madeBy": made_by, "tokenizer": json.loads(tokenizer.to_str()), "cases": cases(tokenizer, texts)})


main()
