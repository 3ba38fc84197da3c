"""Asks transformers for the logits of vectors/gpt2.json.

The tests read that file and need no PyTorch. To write it anew, in an environment that has it:
``pip install torch==2.13.0 transformers==5.24.0``, then ``python -m tests.conformance.regenerate.torch_language``.
"""

from __future__ import annotations

import torch
import transformers

from tests.conformance.drawn import draw, whole
from tests.conformance.vectors import Vector

TOKENS = [2, 12]
VOCABULARY = 61


def renamed(name: str) -> str:
    """As the tables name them: attention's projections go by timm's names."""
    name = name.removeprefix("transformer.")
    return name.replace("attn.c_attn", "attn.qkv").replace("attn.c_proj", "attn.proj")


def is_transposed(name: str) -> bool:
    """Whether the kernel is that of a ``Conv1D``, whose rows are inputs: it is kept as a ``Linear`` has it."""
    return name.rpartition(".")[0].rpartition(".")[2] in ("c_attn", "c_proj", "c_fc") and name.endswith("weight")


config = transformers.GPT2Config(vocab_size=VOCABULARY, n_positions=TOKENS[1], n_embd=48, n_layer=3, n_head=4)
reference = transformers.GPT2LMHeadModel(config).eval()
shapes = {}
with torch.no_grad():
    for name, value in reference.named_parameters():  # the head is no parameter of its own
        is_turned = is_transposed(name)
        shape = list(value.shape[::-1] if is_turned else value.shape)
        shapes[renamed(name)] = shape
        drawn = torch.from_numpy(draw(renamed(name), shape))
        value.copy_(drawn.T if is_turned else drawn)
    logits = reference(torch.from_numpy(whole("images", TOKENS, VOCABULARY)).long()).logits
answer = Vector(
    reference=f"transformers {transformers.__version__}, torch {torch.__version__}: GPT2LMHeadModel",
    model="gpt2",
    arguments={"width": 48, "depth": 3, "heads": 4, "context": TOKENS[1], "vocabulary": VOCABULARY},
    images=TOKENS,
    weights=shapes,
    outputs={"logits": logits.flatten(1).tolist()},
)
answer.write("gpt2")
print(answer.reference, answer.expected().std())
