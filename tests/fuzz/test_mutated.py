"""What was found once stays mended, and a thousand mutated inputs are judged in every run, the same ones each time."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from tests.fuzz.__main__ import FOUND
from tests.fuzz.corpus import texts
from tests.fuzz.judge import SECONDS, Fault, check_json, check_setting, check_spec, faults
from tests.fuzz.minimise import minimise
from tests.fuzz.mutations import MUTATIONS, Mutation
from tests.fuzz.targets import TARGETS, make
from tests.patience import patience

INPUTS = 250


@pytest.mark.parametrize("path", sorted(FOUND.glob("*.txt")), ids=lambda path: path.stem)
def test_found_once(path: Path) -> None:
    target = TARGETS[path.name.partition("-")[0]]
    assert faults(target.check, path.read_bytes().decode("utf-8", errors="surrogatepass"), patience(SECONDS)) is None


def test_mutated_inputs() -> None:
    """``make fuzz`` does the same for longer."""
    seen, seconds = Counter[str](), patience(SECONDS)
    for number in range(INPUTS):
        name, text = make(1, number)
        seen[name] += 1
        fault = faults(TARGETS[name].check, text, seconds)
        assert fault is None, f"{fault}\n`python -m tests.fuzz --seed 1 --first {number} --count 1` keeps it\n{text}"
    assert min(seen[name] for name in TARGETS) > INPUTS // 50


def test_same_numbers_same_input() -> None:
    assert [make(3, n) for n in range(20)] == [make(3, n) for n in range(20)] != [make(4, n) for n in range(20)]


@pytest.mark.parametrize("mutation", dict.fromkeys(MUTATIONS), ids=lambda mutation: mutation.__name__)
def test_mutations_change_texts(mutation: Mutation) -> None:
    """And an empty one is no obstacle."""
    changed = sum(mutation(text, Random(index)) != text for index, text in enumerate(texts()))
    assert changed > len(texts()) / 2
    mutation("", Random(0))


def test_judge_sees_what_is_wrong() -> None:
    """A judge that never finds anything would prove nothing."""

    def fails(text: str) -> int:
        raise RecursionError(text)

    def is_slow(text: str) -> int:
        while time.process_time() < start + 1.1 * SECONDS:
            pass
        return 0

    def is_refused(text: str) -> int:
        raise Fault("no reason")

    assert faults(fails, "deep") == f"RecursionError: deep in fails, line {fails.__code__.co_firstlineno + 1}"
    start = time.process_time()
    assert (faults(is_slow, "") or "").startswith("slow: ")
    assert faults(is_refused, "") == "no reason"
    assert faults(check_spec, "model M :: [8] -> [8] { relu }") is None


def test_sound_inputs_are_judged_whole() -> None:
    """The number of nodes is that of what was made, so that an empty corpus would show."""
    assert check_spec("model A :: [8] -> [8] { relu }\nmodel B :: [8] -> [8] { relu -> relu }") == 3
    assert check_setting("l=[1, 2, 3]") == 9
    graphs = [text for name, text in (make(0, n) for n in range(300)) if name == "graph"]
    assert sum(check_json(text) > 0 for text in graphs) > 0
    assert sum(check_spec(text) for text in texts()[::4]) > 1_000


def test_minimise_keeps_the_fault() -> None:
    text = "let a = 1\nlet b = [1, 2, bad, 3]\n" * 5
    assert minimise(text, lambda part: "bad" in part and "[" in part) in ("[bad", "bad[")
