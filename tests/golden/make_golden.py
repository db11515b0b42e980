#!/usr/bin/env python3
"""Writes data/smollm2.json and data/smollm2_memory.f32 with PyTorch, independently of the engine.

    make_golden.py MODEL.gguf --write     write the files
    make_golden.py MODEL.gguf             compare them with a fresh computation

Needs the packages torch, numpy, gguf and tokenizers. The transformer is written out here with explicit masks and softmax, one
head at a time; weights are unpacked by gguf's own dequantize; q and k stay in the file's interleaved order and are rotated as
neighbouring pairs, where the engine undoes that order at load.

smollm2.json
  text, ids         a text and its token ids
  logits            for fp32 and bf16: of every 16th position the largest logits, every 1,536th logit, log-sum-exp
  memory            N and the ids that three segments consume; the rest of the ids is pending
  greedy            64 ids that follow the pending tokens: by the base model, and with the memory (fp32)
smollm2_memory.f32  z of all memory layers (10, 3, 64), then M of the first and the last (2, 3, 64, 64): after three segments
"""

import json
import pathlib
import sys

import gguf
import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

HERE = pathlib.Path(__file__).resolve().parent / "data"
TEXT = (HERE / "smollm2_text.txt").read_text(encoding="utf-8")
SEGMENT, SEGMENTS, GENERATED = 64, 3, 64
GATE, EPSILON, FIRST, LAST = 0.06, 1e-10, 15, 24
L, E, H, G, D, F = 30, 576, 9, 3, 64, 1536


class Model:
    def __init__(self, path, dtype):
        reader = gguf.GGUFReader(path)
        self.dtype = dtype
        self.weights = {}
        for tensor in reader.tensors:
            values = np.ascontiguousarray(gguf.dequantize(tensor.data, tensor.tensor_type))
            shape = [int(n) for n in reversed(tensor.shape)]
            self.weights[tensor.name] = torch.from_numpy(values).float().reshape(shape)
        # A norm is a vector and stays fp32.
        for name, values in self.weights.items():
            if values.ndim == 2:
                self.weights[name] = values.to(torch.bfloat16).to(dtype) if dtype != torch.float32 else values
        base = float(reader.fields["llama.rope.freq_base"].contents())
        self.frequencies = base ** (-torch.arange(0, D, 2, dtype=torch.float64) / D)
        self.epsilon = float(reader.fields["llama.attention.layer_norm_rms_epsilon"].contents())
        tokens = reader.fields["tokenizer.ggml.tokens"].contents()
        merges = [tuple(m.split(" ")) for m in reader.fields["tokenizer.ggml.merges"].contents()]
        self.tokenizer = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges))
        self.tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ])
        self.tokenizer.decoder = decoders.ByteLevel()

    def product(self, x, name):
        return torch.nn.functional.linear(x, self.weights[name])

    def norm(self, x, name):
        mean = (x.double() ** 2).mean(-1, keepdim=True)
        return (x.double() / torch.sqrt(mean + self.epsilon)).float().mul(self.weights[name]).to(self.dtype)

    def rotate(self, x):
        """Rows (T, D) at positions 0, 1, …; neighbouring values are a pair."""
        angle = torch.arange(x.shape[0], dtype=torch.float64)[:, None] * self.frequencies
        cosine, sine = angle.cos().float(), angle.sin().float()
        a, b = x.float()[:, 0::2], x.float()[:, 1::2]
        return torch.stack((a * cosine - b * sine, b * cosine + a * sine), -1).flatten(1).to(self.dtype)

    def forward(self, ids, memory=None, write=False):
        """One segment: residual rows after all layers. `memory`: {layer: (M, z)}, read and, if asked, written."""
        x = self.weights["token_embd.weight"][ids].float()
        hidden = torch.full((len(ids), len(ids)), float("-inf")).triu(1)
        for layer in range(L):
            name = f"blk.{layer}."
            h = self.norm(x, name + "attn_norm.weight")
            q, k, v = (self.product(h, name + f"attn_{n}.weight") for n in "qkv")
            has_memory = memory is not None and FIRST <= layer <= LAST
            outputs = []
            for head in range(H):
                group = head // (H // G)
                query = q[:, head * D:(head + 1) * D]
                key, value = k[:, group * D:(group + 1) * D], v[:, group * D:(group + 1) * D]
                scores = self.rotate(query).float() @ self.rotate(key).float().T / D**0.5 + hidden
                out = scores.softmax(-1) @ value.float()
                if has_memory and layer in memory:
                    phi = feature(self.half(query))
                    M, z = memory[layer]
                    read = (phi @ M[group]) / (phi @ z[group]).clamp_min(EPSILON)[:, None]
                    out = GATE * read + (1 - GATE) * out
                outputs.append(out.to(self.dtype))
            if has_memory and write:
                M, z = memory.get(layer, (torch.zeros(G, D, D), torch.zeros(G, D)))
                M, z = M.clone(), z.clone()
                for group in range(G):
                    phi = feature(self.half(k[:, group * D:(group + 1) * D]))
                    M[group] += phi.T @ v[:, group * D:(group + 1) * D].float()
                    z[group] += phi.sum(0)
                memory[layer] = (M, z)
            x = x + self.product(torch.cat(outputs, 1), name + "attn_output.weight").float()
            h = self.norm(x, name + "ffn_norm.weight")
            gate, up = self.product(h, name + "ffn_gate.weight"), self.product(h, name + "ffn_up.weight")
            x = x + self.product((torch.nn.functional.silu(gate.float()) * up.float()).to(self.dtype),
                                 name + "ffn_down.weight").float()
        return x

    @staticmethod
    def half(x):
        """Interleaved pairs to the engine's order: first halves, then second halves. Only M's rows depend on it."""
        return torch.cat((x[:, 0::2], x[:, 1::2]), 1)

    def logits(self, x):
        return self.norm(x, "output_norm.weight").float() @ self.weights["token_embd.weight"].float().T

    def greedy(self, ids, memory=None):
        ids, new = list(ids), []
        for _ in range(GENERATED):
            best = int(self.logits(self.forward(ids, memory)[-1:]).argmax())
            ids.append(best)
            new.append(best)
        return new


def feature(x):
    x = x.float()
    return torch.where(x > 0, x + 1, torch.exp(x))


def sample(logits):
    rows = []
    for position in range(0, len(logits), 16):
        row = logits[position].double()
        best = row.topk(4)
        rows.append({
            "position": position,
            "top": [[int(i), round(float(value), 5)] for value, i in zip(best.values, best.indices)],
            "strided": [round(float(value), 5) for value in row[::1536]],
            "logsumexp": round(float(row.logsumexp(0)), 5),
        })
    return rows


@torch.inference_mode()
def compute(path):
    torch.set_num_threads(1)
    exact = Model(path, torch.float32)
    ids = exact.tokenizer.encode(TEXT, add_special_tokens=False).ids
    consumed = SEGMENT * SEGMENTS
    memory = {}
    for begin in range(0, consumed, SEGMENT):
        exact.forward(ids[begin:begin + SEGMENT], memory, write=True)
    golden = {
        "text": TEXT,
        "ids": ids,
        "logits": {
            "fp32": sample(exact.logits(exact.forward(ids))),
            "bf16": None,
        },
        "memory": {"segment": SEGMENT, "consumed": consumed},
        "greedy": {"base": exact.greedy(ids[consumed:]), "memory": exact.greedy(ids[consumed:], memory)},
    }
    rounded = Model(path, torch.bfloat16)
    golden["logits"]["bf16"] = sample(rounded.logits(rounded.forward(ids)))
    z = torch.stack([memory[layer][1] for layer in range(FIRST, LAST + 1)])
    M = torch.stack([memory[FIRST][0], memory[LAST][0]])
    return golden, torch.cat((z.flatten(), M.flatten())).numpy().astype("<f4")


def main():
    golden, memory = compute(sys.argv[1])
    text = json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n"
    if sys.argv[2:] == ["--write"]:
        (HERE / "smollm2.json").write_text(text, encoding="utf-8")
        (HERE / "smollm2_memory.f32").write_bytes(memory.tobytes())
        return 0
    old = json.loads((HERE / "smollm2.json").read_text(encoding="utf-8"))
    same = old["ids"] == golden["ids"] and old["greedy"] == golden["greedy"]
    before = np.frombuffer((HERE / "smollm2_memory.f32").read_bytes(), "<f4")
    difference = float(np.abs(before - memory).max() / np.abs(memory).max())
    print("ids and greedy text:", "same" if same else "DIFFERENT", " memory: largest difference", difference)
    return 0 if same and difference < 1e-5 else 1


if __name__ == "__main__":
    sys.exit(main())
