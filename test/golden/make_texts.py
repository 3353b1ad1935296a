"""
Writes texts.json, the 300 texts that every tokenizer of the public relatives is compared on: captions, emoji, accents,
other scripts, hashtags, addresses, odd spaces and signs, markup, encodings gone wrong, nothing, and 10,000 letters.

    python3 test/golden/make_texts.py
"""
import json
import random
from pathlib import Path

OUT = Path(__file__).resolve().parent / "tokenizers" / "texts.json"
random.seed(14)

CAPTIONS = [
    "an armchair in the shape of an avocado", "A cat wearing a RED hat, sitting on the moon!", "the Eiffel tower on a desert",
    "a painting of a fox in the style of Starry Night", "trail cam footage of gollum eating watermelon",
    "an illustration of a baby daikon radish in a tutu walking a dog", "nuclear explosion broccoli", "court sketch of godzilla on trial",
    "a storefront that has the word 'openai' written on it", "two dogs; one's brown, the other isn't.", "42 balloons & 3/4 of a cake, $5.99 each",
    "It's 5 o'clock somewhere, they've said we'll go", "photo of the Golden Gate bridge in black-and-white tone (1937)",
]
WRITTEN = CAPTIONS + [
    "", " ", "   ", "\n", "\t\r\n", "\u00a0", "\u3000", "a", "A", "é", "Ġ", "</w>", "\u2581", "a\u2581b", "##a", "@@",
    "  two  spaces   three    four ", "tab\tand\nnew line\r\nand\x0bvertical\x0cform", "no\u00a0break", "thin\u2009space", "zero\u200bwidth",
    "ideographic\u3000space", "line\u2028separator\u2029paragraph", "next\u0085line", "byte\ufeffmark", "\ufeffat the start", "unit\x1fand\x1cfile separators",
    "\x00nul\x00", "bell\x07 back\x08 delete\x7f", "c1 \x80\x91\x92\x93\x9f controls", "soft\u00adhyphen", "left\u200eto\u200fright \u202eoverride\u202c",
    "naïve café, façade, señor, Ångström, Größe, Ærøskøbing, Łódź, İstanbul, ISTANBUL, ıI", "e\u0301 a\u0300 n\u0303 A\u030a decomposed", "\u0301alone",
    "Straße STRASSE ẞ", "ΣΑΣ σας ΑΣ. ΑΣΒ ὈΔΥΣΣΕΎΣ", "ǅ Ⅷ ⅷ ﬁ ﬂ ﬀ ĳ ŉ ſ", "K Å Ω", "ﬃcient ﬁles", "²³ ½ ⅓ ① ㈱ ™ ℃ №",
    "Ｆｕｌｌ　ｗｉｄｔｈ １２３ ｶﾀｶﾅ ﾊﾟ ￥ ￠", "日本語の猫", "猫が好き 犬も", "中文句子，没有空格。", "漢字 and english mixed漢字here", "한국어 고양이 그림", "ไทย แมว", "हिन्दी बिल्ली", "العربية قطة", "עִבְרִית חתול",
    "рыжий кот на крыше", "Радуга на фоне НОЧНОГО города", "ёлка Ёлка е\u0308лка", "щука, чай и 3 бублика — «Привет!»", "Київ їжак ґанок", "ქართული კატა", "Հայերեն կատու", "ᏣᎳᎩ ꭰ",
    "𝒻𝒶𝓃𝒸𝓎 𝔏𝔢𝔱𝔱𝔢𝔯𝔰 𝕀𝕟", "𐐀𐐨 deseret", "𠀀𠮷 rare", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 family",
    "I ❤️ NY", "I ❤ NY", "i❤️u", "🚀", "🚀🚀🚀", "a🚀b", "🥑🪑 avocado chair", "👍🏽 ok 👍", "👩🏿‍🚀 astronaut", "🏴󠁧󠁢󠁥󠁮󠁧󠁿 flag 🏴‍☠️", "🇩🇪🇫🇷 🇩 🇪", "1️⃣2️⃣ #️⃣ *️⃣ 1\ufe0f 2\u20e3",
    "☺︎ text ☺️ colour ☺", "👨‍👩🏿‍👧🏻‍👦🏾 no such family", "👨\u200d", "\u200d👨", "👨\u200dx", "👨\u200d👨", "👁️‍🗨️ 👁‍🗨 👁️\u200d🗨", "🏻 alone 🏿🏻", "👍\u200d🏻", "👩\u200d🦰\u200d🦳 🦰", "🧑🏻‍❤️‍💋‍🧑🏿", "🫱🏻‍🫲🏿 🤝🏽", "❤️\u200d🔥 ❤\u200d🔥 ❤\u200d", "⛹🏾‍♀️ ⛹️‍♀️ ⛹‍♀",
    "🪅 piñata, 🇨🇮 Côte d’Ivoire, 🈁 here", "🙂🙂🙂 so 😂😭 many 😍🥰", "😀\u200d😀\u200d😀", "🐈‍⬛ 🐻‍❄️ 🐦‍🔥", "©®™ ‼️ ⁉ ℹ️ Ⓜ️", "🆒🆗🅰️🅱", "\U0001fae9\U0001fadf newest",
    "#hashtag #ThrowbackThursday #日本 #1 @someone", "https://example.com/a?b=c&d=%20e#f", "www.example.org user@example.com ftp://x.y", "C:\\Users\\me\\file.txt ../../etc",
    "it’s “curly” ‘quotes’ „low“ «guillemets» ‹single› ‚low‘ ‛rev’", "en – em — bar ― minus − hyphen‐ non‑break", "dots… ... · • ‥", "`back` ´acute´ ¨ ˆ ˜ ʼ ʹ ′ ″",
    "&amp; &lt;b&gt; &quot;q&quot; &#39;s &#x1F600; &eacute;", "&amp;amp; &amp;lt;", "&nbsp;&copy;&reg;&hellip;&mdash;", "&notit; &not; &amp &lt &copy2020 &unknown; &;", "<b>bold</b> &amp; more", "a < b &lt; c", "&#0; &#128; &#150; &#xD800; &#x110000; &#65 &#x41 &#xfffe;", "&Eacute;&NBSP;&AMP;", "&lt;3 &amp;hearts;",
    "sÃ³ cafÃ© â€œquotesâ€\x9d", "schÃ¶n", "â€™", "Ð¿ÑÐ¸Ð²ÐµÑ", "ï»¿bom", "caf\u00c3\u00a9 \u00e2\u0082\u00ac", "l’humanitÃ©", "Ã", "\x1b[31mred\x1b[0m text",
    "<|startoftext|> a <|endoftext|>", "<s> </s> <pad> <unk> <mask>", "[UNK] [PAD] [CLS] a[PAD]b", "<UNK> <PAD> <BOS> <EOS>", "'s 't 're 've 'm 'll 'd 'S 'T 'RE 'LL", "don't DON'T can'ſ",
    "hello-world foo_bar foo.bar (a) [b] {c} <d> a/b a\\b a|b a^b a~b a=b a+b", "!!! ??? ... --- ___ *** $$$ %%% ^^^ ~~~ ```", "a,b,c;d:e", "3.14159 1,000,000 1e-5 0x1F 50% ½",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "abababababababababababababababab", "hahahahaha hehehe loooool", "supercalifragilisticexpialidocious", "pneumonoultramicroscopicsilicovolcanoconiosis",
    "__proto__ constructor toString", "null undefined NaN true", "\\n \\u0041 \\x41", "\ufffd replacement \ufffe \uffff", "\ue000 private \U000f0000", "\u0378 unassigned \U0003fffd",
    "\u0345 \u1fb3 iota", "\u1e9b\u0323 \u212b \ufb1d \u0958", "Z\u0351\u036b\u0343a\u0363\u0321l\u0321g\u033co", "a\u0315\u0300\u05ae\u0062", "\uac00\u11a8 \u1100\u1161\u11a8",
    "the the the the", "a" * 1000, "word " * 200, "🚀" * 100, "日本" * 100,
]
LETTERS = ["abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJ", "0123456789", " ", "  ", " ", ".,;:!?'\"-()", "#@&%$*", "éèüñçößåø", "日本語猫犬", "привет кот", "🚀❤😀👍🥑", "’“”…—", "\u200d\ufe0f\u0301", "\t\n\u00a0"]
# Weights: mostly small letters and spaces.
WEIGHTS = [20, 2, 2, 6, 1, 1, 2, 1, 2, 1, 2, 1, 1, 1, 1]


def mixed(length):
    return "".join(random.choice(random.choices(LETTERS, WEIGHTS)[0]) for _ in range(length))


texts = list(WRITTEN)
while len(texts) < 240:
    words = random.choice(CAPTIONS).split() + random.choice(WRITTEN[13:150]).split()
    texts.append(" ".join(random.sample(words, min(len(words), random.randint(2, 9)))))
texts += [mixed(random.randint(3, 60)) for _ in range(299 - len(texts))]
long = " ".join(CAPTIONS) + " " + mixed(400) + " рыжий кот 日本語 🚀 "
texts.append((long * 20)[:10_000])
assert len(texts) == 300 and len(texts[-1]) == 10_000
OUT.write_text(json.dumps({"texts": texts}, ensure_ascii=True, indent=0) + "\n")
