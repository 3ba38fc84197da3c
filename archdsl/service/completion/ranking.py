"""Ranks candidates by the preceding tokens, here and earlier in the text: an n-gram model."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from math import log
from typing import Final

from archdsl.service.analysis import Analysis
from archdsl.service.completion.candidates import Candidate
from archdsl.service.completion.context import Context
from archdsl.syntax.tokens import Token

USUAL: Final = (
    "conv batch_norm relu id dense add concat depthwise_conv global_avg_pool max_pool avg_pool layer_norm gelu silu "
    "residual dropout drop_path attention mul sigmoid relu6 softmax flatten reshape upsample scale flatten_spatial"
).split()
"""The ops and steps that most specs use, the commonest first."""
_GROUP: Final = 3.0
"""By how much a kind that is likelier comes before one that is not."""
_LAST: Final = 4.0
_PAIR: Final = 2.0
_USED: Final = 0.7
_NEAR: Final = 1.5


class Ranking:
    """Scores of names at a place, given the names before it."""

    def __init__(self, analysis: Analysis, place: Context) -> None:
        tokens = analysis.lexed.tokens
        before = tokens[: bisect_left(tokens, place.start, key=lambda token: token.start)]
        self._tokens = [token for token in before if token.type != "NEWLINE" and token.text]
        self._before = tuple(token.text for token in self._tokens[-3:])

    @cached_property
    def _uses(self) -> Counter[str]:
        return Counter(token.text for token in self._tokens if token.type == "NAME")

    @cached_property
    def _last(self) -> dict[str, int]:
        return {token.text: number for number, token in enumerate(self._tokens) if token.type == "NAME"}

    @cached_property
    def _followed(self) -> tuple[Counter[str], ...]:
        """What followed the last one, two and three tokens elsewhere in the text."""
        return tuple(_following(self._tokens, self._before[-length:]) for length in (1, 2, 3))

    def score(self, candidate: Candidate) -> float:
        """The score of a word; only the order is meaningful."""
        name = candidate.name
        score = -_GROUP * candidate.group
        for number, followed in enumerate(self._followed):
            if followed[name]:
                score += (_PAIR + number) * log(1 + followed[name]) + 1
        if uses := self._uses[name]:
            score += _USED * log(1 + uses)
            score += _NEAR / (1 + (len(self._tokens) - self._last[name]) / 20)
        elif candidate.sort in ("op", "keyword") and name in USUAL:
            score += 2.5 - USUAL.index(name) / len(USUAL)
        return score

    def ordered(self, found: Iterable[Candidate]) -> list[Candidate]:
        """The candidates without duplicates, by descending score; the sort is stable."""
        best: dict[str, Candidate] = {}
        for each in found:
            known = best.get(each.name)
            if known is None or each.group < known.group:
                best[each.name] = each
        return sorted(best.values(), key=lambda each: -self.score(each))


def _following(tokens: list[Token], before: tuple[str, ...]) -> Counter[str]:
    length = len(before)
    found: Counter[str] = Counter()
    for number in range(length, len(tokens)):
        if tokens[number].type == "NAME" and all(
            tokens[number - length + i].text == text for i, text in enumerate(before)
        ):
            found[tokens[number].text] += 1
    return found
