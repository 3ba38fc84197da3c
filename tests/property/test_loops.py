"""Lines that become loops do the same as before, for lines that are drawn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from archdsl.backends.python.loops import Line, looped

_NUMBERS = st.sampled_from(["1", "2", "16", "0.5", "1e-05", "-1"])
_CALLS = st.tuples(st.sampled_from(["conv", "norm", "act"]), st.lists(_NUMBERS, max_size=2), st.booleans())


def _line(call: tuple[str, list[str], bool], number: int, by: int) -> Line:
    """A call under a name that has a number; its own numbers may grow from round to round."""
    kind, numbers, grows = call
    values = [f"{int(n) * (by + 1)}" if grows and n.isdigit() else n for n in numbers]
    arguments = "".join(f", {value}" for value in values)
    return f'x = {kind}(x{arguments}, name="stage.{number}.{kind}")', ""


@st.composite
def _programs(draw: st.DrawFn) -> list[Line]:
    found: list[Line] = []
    for _ in range(draw(st.integers(1, 3))):
        body = draw(st.lists(_CALLS, min_size=1, max_size=3))
        start, rounds = draw(st.integers(0, 2)), draw(st.integers(1, 5))
        found += [_line(call, start + by, by) for by in range(rounds) for call in body]
    return found


def _calls(lines: list[Line]) -> list[object]:
    """What is called with what, when the lines run."""
    found: list[object] = []

    def function(kind: str) -> object:
        return lambda *given, name: found.append((kind, given[1:], name))

    exec(
        "\n".join(text for text, _ in lines), {"x": None, **{kind: function(kind) for kind in ("conv", "norm", "act")}}
    )
    return found


@given(_programs())
def test_a_loop_does_what_its_lines_did(lines: list[Line]) -> None:
    made = looped(lines)
    assert _calls(made) == _calls(lines)
    assert len(made) <= len(lines) + 1


def test_a_loop_around_loops_counts_with_another_index() -> None:
    lines = [
        line
        for stage in range(3)
        for line in (
            (f'x = conv(x, 3, name="stages.{stage}.down")', ""),
            ("for i in range(2):", ""),
            (f'    x = act(x, name=f"stages.{stage}.blocks.{{i}}")', ""),
        )
    ]
    made = looped(lines)
    assert made[0][0] == "for j in range(3):"
    assert _calls(made) == _calls(lines)
    assert len({name for *_, name in _calls(made)}) == 9  # type: ignore[misc]  # each call is a triple


def test_rounds_with_other_numbers_are_one_loop() -> None:
    lines = [
        (f"x = {text.format(n=n, i=i)}(x)", "")
        for i, n in enumerate((16, 32, 64))
        for text in ('layers.Conv2D({n}, 3, name="conv.{i}")', 'layers.ReLU(name="relu.{i}")')
    ]
    assert [text for text, _ in looped(lines)] == [
        "for i, filters in enumerate((16, 32, 64)):",
        '    x = layers.Conv2D(filters, 3, name=f"conv.{i}")(x)',
        '    x = layers.ReLU(name=f"relu.{i}")(x)',
    ]
