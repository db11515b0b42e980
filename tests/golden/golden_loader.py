"""Golden cases of the model file's loader: unpacked blocks, pieces and token ids, chats.

    golden_loader.py MODEL.gguf TEST_DATA    write the files into data/

The oracles are the Python packages gguf (numpy) and tokenizers, which share no code with the engine.
"""

import json
import random
import sys
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType, GGUFReader, dequantize
from gguf.constants import GGML_QUANT_SIZES
from tokenizers import Regex, Tokenizer, models, pre_tokenizers

TYPES = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K",
         "Q2_K", "Q3_K"]
# Byte offsets of the half-precision scales in a block.
SCALES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0],
          "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "Q2_K": [80, 82], "Q3_K": [108]}

LATER = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|%s"
         r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")

BOOK = "narrativeqa/35_the-time-machine.txt"
BOOK_BYTES = 20000

TEXTS = [
    "", " ", "  ", "a", "Hello, world!", "The quick brown fox jumps over the lazy dog.",
    "I'm you're he's we've they'll I'd can't IT'S YOU'RE o'clock 'tis ''s 'S",
    "1 22 333 4444 55555 3.14159 1,000,000 x1y22z 10th  7   8", "\u0663\u0664 \u00bd \u2167 \u2460 x\u00b2",
    "a\tb\t\tc\n\n d \r\n e\r\r\nf   \n   g\n", "   leading", "trailing   ", "in   between",
    "no\u00a0break\u00a0\u00a0space \u00a0x \u00a0", "thin\u2009space\u3000wide \u2028line\u2029para\u0085next",
    "\u4f60\u597d\uff0c\u4e16\u754c\u3002\u65e5\u672c\u8a9e\u306e\u6587\u7ae0 \ud55c\uad6d\uc5b4 123\u5e74",
    "e\u0301 n\u0303 a\u0308\u0323 Z\u0351\u036b\u0343", "\u0928\u092e\u0938\u094d\u0924\u0947 \u0639\u0631\u0628\u064a \u05e2\u05d1\u05e8\u05d9\u05ea",
    "\U0001f600 \U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea\u2764\ufe0f \U0001f44d\U0001f3fd!",
    "\u017f \u2019s it\u2019s don\u2019t '\u017f", "<|im_end|> <|endoftext|><|im_start|>user\nhi<|im_end|>",
    "snake_case CamelCase __init__ (x) -> [y]; // z != w && v||u", "\u180e a\u200bb \ufeffc\u2060d",
    "na\u00efve caf\u00e9 \u0152uvre stra\u00dfe \u0130\u0131 \u01c5 \u2126", "-----\n=====\n***\n", "\u2014\u2026\u201cquoted\u201d\u2014",
    "x" * 300, " " * 300, "ab" * 200, "\n" * 50, "1" * 40, "aaaa bbbb" * 20,
]
ALPHABET = list("aAeEsStT''  \t\n\r.,-!(1290") + [
    "\u00a0", "\u0301", "\u4e16", "\u3042", "\U0001f600", "\u00e9", "\u00df", "\u0663", "\u00bd", "\u2003",
    "\u0085", "\u2028", "'re", "'ll", " the", "ing", "\u0416", "\u03bb", "\u05d0", "\r\n", "\u200d"]


def texts():
    draw = random.Random(1)
    return TEXTS + ["".join(draw.choice(ALPHABET) for _ in range(draw.randint(1, 40)))
                    for _ in range(200)]


def blocks():
    """Random blocks of every type and their values."""
    draw = np.random.default_rng(1)
    result = {}
    for name in TYPES:
        kind = GGMLQuantizationType[name]
        values, size = GGML_QUANT_SIZES[kind]
        if name in SCALES:
            packed = draw.integers(0, 256, (6, size), dtype=np.uint8)
            for row, block in enumerate(packed):
                for at in SCALES[name]:
                    # The last block has a subnormal scale.
                    scale = np.float16(draw.normal() * 0.05) if row < 5 else np.float16(3e-6)
                    block[at:at + 2] = np.frombuffer(scale.tobytes(), np.uint8)
        else:
            source = draw.normal(size=64).astype(np.float32)
            source[:4] = [0.0, -0.0, 65504.0, 3e-7]
            packed = {"F32": source, "F16": source.astype(np.float16),
                      "BF16": (source.view(np.uint32) >> 16).astype(np.uint16)}[name]
            packed = packed.view(np.uint8)
        unpacked = dequantize(packed.view(np.float32) if name == "F32" else
                              packed.view(np.float16) if name == "F16" else packed.reshape(-1, size)
                              if name in SCALES else packed, kind)
        unpacked = np.ascontiguousarray(unpacked, np.float32).reshape(-1)
        assert unpacked.size % values == 0 and np.isfinite(unpacked).all()
        result[name] = {"packed": packed.tobytes().hex(), "values": unpacked.tobytes().hex()}
    return result


def splitters():
    gpt2 = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    digits = pre_tokenizers.Digits(individual_digits=True)
    return {
        "gpt-2": gpt2,
        "smollm": pre_tokenizers.Sequence([digits, gpt2]),
        "qwen2": pre_tokenizers.Split(Regex(LATER % r"\p{N}"), "isolated"),
        "llama-bpe": pre_tokenizers.Split(Regex(LATER % r"\p{N}{1,3}"), "isolated"),
    }


def pieces(splitter, text):
    """The ends of the pieces, in bytes."""
    ends = []
    for _, (_, end) in splitter.pre_tokenize_str(text):
        ends.append(len(text[:end].encode()))
    return ends


def model_tokenizer(model):
    fields = GGUFReader(model).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"].contents()]
    tokenizer = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = splitters()["smollm"]
    return tokenizer


CHATS = [
    [("user", "Who is the Time Traveller?")],
    [("system", "You answer from the book."), ("user", "What did he\n\nsee? "), ("assistant", "The Eloi."),
     ("user", "\nAnd 'then'?")],
    [],
]


def chats(tokenizer):
    """The template as text, with the control tokens recognised."""
    result = []
    tokenizer.add_special_tokens(["<|im_start|>", "<|im_end|>"])
    for messages in CHATS:
        text = "".join(f"<|im_start|>{role}\n{content}<|im_end|>\n" for role, content in messages)
        text += "<|im_start|>assistant\n"
        result.append({"messages": [list(m) for m in messages],
                       "ids": tokenizer.encode(text, add_special_tokens=False).ids})
    return result


def write(model, test_data, folder):
    """model: SmolLM2's GGUF file; test_data: the folder with the books; folder: where the goldens go."""
    folder = Path(folder)

    def save(name, value):
        (folder / name).write_text(json.dumps(value, separators=(",", ":")) + "\n")

    save("dequantize.json", blocks())
    save("pieces.json", [{"text": t.encode().hex(),
                          "ends": {name: pieces(s, t) for name, s in splitters().items()}}
                         for t in texts()])
    tokenizer = model_tokenizer(model)
    book = (Path(test_data) / BOOK).read_bytes()[:BOOK_BYTES].decode(errors="ignore")
    save("tokens.json", {
        "cases": [{"text": t.encode().hex(), "ids": tokenizer.encode(t).ids} for t in texts()],
        "book": {"file": BOOK, "bytes": len(book.encode()), "ids": tokenizer.encode(book).ids},
    })
    save("chats.json", chats(tokenizer))


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[2], Path(__file__).resolve().parent / "data")
