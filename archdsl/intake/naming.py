"""Names and documentation of blocks, from the source's names of their layers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from archdsl.generalise import Term
from archdsl.intake.expand import Expansion
from archdsl.intake.names import free, in_common, pascal, telling
from archdsl.intake.passages import untapped
from archdsl.intake.terms import RESIDUAL, count_ops
from archdsl.intake.text import Block

_PLAIN: Final = re.compile(r"[\w./-]{1,80}")
_SHORT: Final = {"batch_norm": "Norm", "layer_norm": "Norm", "depthwise_conv": "Depthwise", "global_avg_pool": "Pool"}


def named(
    passages: Sequence[Sequence[Term]],
    text: Term,
    blocks: Mapping[str, Block],
    order: Sequence[str],
    spans: Mapping[int, int],
    taken: set[str],
) -> tuple[str, str]:
    """The words that the names of most passages' layers begin with, else those of the ops; and where the first is.

    ``order`` has the source's names of the nodes in the order of the text.
    """
    run = Expansion(text, blocks, spans)
    words = Counter[str]()
    starts: list[int] = []
    for steps in passages:
        for (start, _), (_, end) in zip(run.of(steps[0]), run.of(steps[-1]), strict=False):
            starts.append(start)
            words[in_common([_stem(name) for name in order[start:end]])] += 1
    sample = [untapped(step) for step in passages[0]]
    shared, count = words.most_common(1)[0] if words else ("", 0)
    is_known = shared and count * 2 >= words.total() and not _is_short(sample)
    name = pascal(telling(shared)) if is_known else _by_ops(sample)
    if name in taken:
        prefix = "Residual" if sample[0].head == RESIDUAL else "Inner"
        name = name if name.startswith(prefix) else f"{prefix}{name}"
    where = _stem(order[min(starts, default=0)])
    return free(name, taken), f"In the source first at {where}." if _PLAIN.fullmatch(where) else ""


def _stem(name: str) -> str:
    return name.partition("#")[0]


def _is_short(steps: Sequence[Term]) -> bool:
    """Whether steps are few and without branches, so that the names of their ops describe them best."""
    return len(steps) <= 3 and all(step.head[0] == "op" and count_ops(step) == 1 for step in steps)  # type: ignore[index]


def _by_ops(steps: Sequence[Term]) -> str:
    words = []
    for step in steps:
        match step.head:
            case ("op", str(name)):
                words.append(_SHORT.get(name, pascal(name)))
            case ("call" | "std", str(name)):
                words.append(name)
            case ("residual",):
                words.append("Residual")
    if any(step.head[0] in ("call", "std") for step in steps):  # type: ignore[index]  # heads are tuples
        return words[0] if len(words) == 1 else f"{words[0]}Unit"
    return "".join(words[:4]) if 0 < len(words) <= 4 else f"{''.join(words[:2])}Unit"
