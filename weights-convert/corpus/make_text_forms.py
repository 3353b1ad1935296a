"""
Makes pickle/text-forms.json: pickles of numbers and texts as protocols 0 and 1 spell them, well and badly, each with what
CPython's `pickle.loads` makes of it. Needs Python 3.11 and nothing else.

    python3 weights-convert/corpus/make_text_forms.py

A row is [the pickle in hexadecimal, the value]: `bool:True`, `int:16`, `float:` and `str:` with the big-endian bits of
the double or of the UTF-16 units, `None`, or `refused`.
"""

import json
import pathlib
import pickle
import random
import struct
import warnings

warnings.filterwarnings("ignore")
random.seed(20261130)


def describe(value):
    if isinstance(value, (bool, int)):
        return f"{type(value).__name__}:{value}"
    if isinstance(value, float):
        return "float:nan" if value != value else "float:" + struct.pack(">d", value).hex()
    if isinstance(value, str):
        return "str:" + value.encode("utf-16-be", "surrogatepass").hex()
    return "None"


def row(data):
    try:
        return [data.hex(), describe(pickle.loads(data, encoding="latin1"))]
    except Exception:
        return [data.hex(), "refused"]


def letters(alphabet, most):
    return "".join(random.choice(alphabet) for _ in range(random.randint(0, most))).encode("latin1")


PIECES = [b"a", b"\xed\xa0\x80", b"\xed\xb0\x80", b"\xed\xbf\xbf", b"\xed\x9f\xbf", b"\xed", b"\xc3\xa9", b"\x80"]
PIECES += [b"\xf0\x9f\x98\x80", b"\xf4\x90\x80\x80", b"\xed\xa0", b"\xc0\x80", b"\xef\xbb\xbf"]


def forms():
    quote = random.choice([b"'", b'"'])
    text = b"".join(random.choice(PIECES) for _ in range(random.randint(0, 4)))
    yield b"I" + letters("012789afxXob_+- ", 4) + b"\n."
    yield b"L" + letters("01289afxXob_+- ", 5) + random.choice([b"", b"L"]) + b"\n."
    yield b"F" + letters("0123.eE+-infaNty ", 5) + b"\n."
    yield b"Np" + letters("0012_+-x ", 3) + b"\n0I5\ng" + letters("0012_+-x ", 3) + b"\n."
    yield b"S" + quote + letters("\\\\\\xX0179afgn'\"\xe9t ", 7) + random.choice([quote, quote, b""]) + b"\n."
    yield b"V" + letters("\\\\uuU0000dD81\xe9 ", 12) + b"\n."
    yield b"X" + struct.pack("<I", len(text)) + text + b"."


rows = {pickled[0]: pickled for _ in range(400) for pickled in map(row, forms())}
refused = [pickled for pickled in rows.values() if pickled[1] == "refused"]
taken = [pickled for pickled in rows.values() if pickled[1] != "refused"]
target = pathlib.Path(__file__).parent / "pickle/text-forms.json"
target.write_text("[\n" + ",\n".join(json.dumps(pickled) for pickled in taken[:400] + refused[:400]) + "\n]\n")
