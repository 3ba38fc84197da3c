"""Asks transformers for the logits of vectors/gpt2.json and vectors/gpt2_medium.json.

The tests read those files and need no PyTorch. To write them anew, in an environment that has it:
``pip install torch==2.13.0 transformers==5.24.0``, then ``python -m tests.conformance.regenerate.torch_language``.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

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


class Case(NamedTuple):
    """The sizes of one of our models."""

    width: int
    depth: int
    heads: int
    is_default: bool = False


def ask(name: str, case: Case) -> Vector:
    config = transformers.GPT2Config(
        vocab_size=VOCABULARY, n_positions=TOKENS[1], n_embd=case.width, n_layer=case.depth, n_head=case.heads
    )
    reference = transformers.GPT2LMHeadModel(config).eval()
    shapes = {}
    with torch.no_grad():
        for theirs, value in reference.named_parameters():  # the head is no parameter of its own
            is_turned = is_transposed(theirs)
            shape = list(value.shape[::-1] if is_turned else value.shape)
            shapes[renamed(theirs)] = shape
            drawn = torch.from_numpy(draw(renamed(theirs), shape))
            value.copy_(drawn.T if is_turned else drawn)
        logits = reference(torch.from_numpy(whole("images", TOKENS, VOCABULARY)).long()).logits
    sizes = {} if case.is_default else {"width": case.width, "depth": case.depth, "heads": case.heads}
    return Vector(
        reference=f"transformers {transformers.__version__}, torch {torch.__version__}: GPT2LMHeadModel",
        model=name,
        arguments={**sizes, "context": TOKENS[1], "vocabulary": VOCABULARY},
        images=TOKENS,
        weights=shapes,
        outputs={"logits": logits.flatten(1).tolist()},
    )


CASES = {"gpt2": Case(48, 3, 4), "gpt2_medium": Case(1024, 24, 16, is_default=True)}

if __name__ == "__main__":
    for name in sys.argv[1:] or CASES:
        answer = ask(name, CASES[name])
        answer.write(name)
        print(answer.reference, answer.expected().std())
