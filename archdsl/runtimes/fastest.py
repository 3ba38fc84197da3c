"""Finds the fastest verified form of a model on this machine: with or without rewrites, on each installed runtime."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, Final

from archdsl.rewrites import REWRITES
from archdsl.runtimes.race import Entrant, Result, difference, prepare, race, threads_here
from archdsl.runtimes.registry import RUNTIMES, Array, Runtime
from archdsl.study.speed import duration
from archdsl.tabular import Cell, Column, Row, Table
from archdsl.weights import safetensors

if TYPE_CHECKING:
    from archdsl.architecture import Architecture

FORMS: Final = {"openvino": "openvino", "onnx": "onnx", "litert": "litert", "keras-function": "keras"}
"""What ``archdsl compile`` calls the file of each runtime that may be chosen."""
DOUBTFUL: Final = ("fold-before", "merge-parallel")
"""Rewrites that do not pay on every runtime, and are tried without as well."""
TOLERANCE: Final = 1e-3
"""The tolerance relative to the largest output: float32 runtimes differ in the order of summation."""
_HEAT: Final = 3
"""Rounds of the races that choose who runs in the last."""
_FAR: Final = 2.0
"""How many times the fastest's a runtime may take for the plain model, to be tried with its rewritten forms."""
_BEHIND: Final = 1.25
"""The same of a form, to be in the last race."""


@dataclass(frozen=True)
class Form:
    """One form of the model on one runtime, with its result."""

    runtime: Runtime
    rewrites: tuple[str, ...]
    """Those that changed something."""
    architecture: Architecture
    weights: Path
    seconds: tuple[float, ...] = ()
    error: float = 0.0
    """The largest difference from the answers of the plain model, over the largest of these."""
    failure: str | None = None

    @property
    def latency(self) -> float:
        return median(self.seconds)

    @property
    def is_right(self) -> bool:
        """Whether it ran and its outputs equal the plain model's."""
        return self.failure is None and bool(self.seconds) and self.error <= TOLERANCE


class NoForm(ValueError):
    """No installed runtime computes the model correctly."""


def fastest(
    architecture: Architecture,
    folder: Path,
    *,
    weights: str | None = None,
    partial: bool = False,
    seed: int = 0,
    runtimes: Sequence[str] = tuple(FORMS),
    batch: int = 1,
    threads: int | None = None,
    rounds: int = 15,
    telling: Callable[[str], Any] = lambda _: None,
) -> tuple[Form, ...]:
    """All forms tried, the fastest correct one first. ``folder`` keeps their weights.

    The plain model runs on all runtimes first, then its rewritten forms on those that are not far behind, then those
    forms for longer that are near the fastest. All answers are compared with the plain model's on the first runtime.

    Raises:
        NoForm: none is right, or no runtime is installed.
    """
    usable = [RUNTIMES[name] for name in runtimes if not RUNTIMES[name].missing]
    if not usable:
        raise NoForm(f"none of {', '.join(RUNTIMES[name].title for name in runtimes)} is installed")
    versions = [*_versions(architecture, folder, weights, partial, seed)]
    count = threads or threads_here()
    plain, reference, near = list[Form](), None, usable
    if len(usable) > 1:
        plain, reference = _raced([Form(each, *versions[0]) for each in usable], None, batch, count, _HEAT, telling)
        near = [form.runtime for form in _near(plain, _FAR)]
    forms = [Form(runtime, *version) for version in versions for runtime in near]
    tried, reference = _raced(forms, reference, batch, count, _HEAT, telling)
    finalists = _near(tried, _BEHIND)
    again, _ = _raced(finalists, reference, batch, count, rounds, telling)
    slow = [form for form in plain if form.runtime not in near]
    late = [form for form in tried if form not in finalists]
    return (*sorted(again, key=_rank), *sorted(late, key=_rank), *sorted(slow, key=_rank))


def _near(forms: Sequence[Form], factor: float) -> list[Form]:
    """The correct forms within a factor of the fastest. Raises ``NoForm`` if none is correct."""
    right = [form for form in forms if form.is_right]
    if not right:
        reasons = dict.fromkeys(form.failure or f"its answers are off by {form.error:.0e}" for form in forms)
        raise NoForm("; ".join(reasons))
    limit = factor * min(form.latency for form in right)
    return [form for form in right if form.latency <= limit]


def _rank(form: Form) -> tuple[bool, float]:
    return (not form.is_right, form.latency if form.seconds else float("inf"))


def _versions(
    architecture: Architecture, folder: Path, weights: str | None, partial: bool, seed: int
) -> Iterator[tuple[tuple[str, ...], Architecture, Path]]:
    """The plain model, the rewritten one, and the latter without each rewrite that may not pay off."""

    def version(number: int, names: Sequence[str]) -> tuple[Architecture, Path]:
        home = folder / str(number)
        home.mkdir()
        file = home / "given.safetensors"
        made = architecture.optimised(weights_to=file, weights=weights, partial=partial, seed=seed, rewrites=names)
        return made, file

    yield ((), *version(0, ()))
    made, file = version(1, tuple(REWRITES))
    done = _done(file)
    if not done:
        return
    yield (done, made, file)
    for number, name in enumerate(DOUBTFUL, 2):
        if name in done and len(done) > 1:
            others = tuple(other for other in REWRITES if other != name)
            made, file = version(number, others)
            yield (_done(file), made, file)


def _done(file: Path) -> tuple[str, ...]:
    """The rewrites that had an effect, from the metadata of the weights."""
    with safetensors.opened(str(file)) as source:
        said = source.metadata["rewrites"]
    return tuple(each.rpartition(" ")[0] for each in said.split(", ")) if said else ()


def _raced(
    forms: Sequence[Form],
    reference: Sequence[Array] | None,
    batch: int,
    threads: int,
    rounds: int,
    telling: Callable[[str], Any],
) -> tuple[list[Form], Sequence[Array]]:
    """The forms with their results, and the outputs of the first that ran, unless others are given."""
    for form in forms:
        home = form.weights.parent
        if not (home / "graph.json").exists():
            with safetensors.opened(str(form.weights)) as source:
                prepare(home, form.architecture.graph, {key: array.read() for key, array in source.arrays.items()})
    entrants = [Entrant(form.runtime, form.weights.parent) for form in forms]
    results = [*race(entrants, [batch], threads=threads, rounds=rounds, telling=telling)]
    if reference is None:
        reference = next((result.outputs for result in results if result.failure is None), ())
    return [_with(form, result, reference) for form, result in zip(forms, results, strict=True)], reference


def _with(form: Form, result: Result, reference: Sequence[Array]) -> Form:
    error = difference(result.outputs, reference) if result.failure is None else 0.0
    return Form(
        form.runtime, form.rewrites, form.architecture, form.weights, tuple(result.seconds), error, result.failure
    )


def table(forms: Sequence[Form]) -> Table:
    """A table of the forms, the fastest first."""
    columns = (
        Column("runtime", "runtime", "words"),
        Column("rewrites", "rewrites", "words"),
        Column("latency", "latency"),
        Column("spread", "quartiles"),
        Column("error", "off by"),
        Column("verdict", "", "words"),
    )
    return Table("Forms", columns, tuple(Row(tuple(_cells(form, place == 0))) for place, form in enumerate(forms)))


def _cells(form: Form, is_first: bool) -> Iterator[Cell]:
    yield Cell(form.runtime.title, form.runtime.name)
    yield Cell.words(", ".join(form.rewrites) or "none")
    if not form.seconds or form.failure is not None:
        yield from (Cell.unknown(), Cell.unknown(), Cell.unknown(), Cell.words(form.failure or "failed"))
        return
    low, _, high = quantiles(form.seconds, n=4, method="inclusive") if len(form.seconds) > 1 else form.seconds * 3
    yield Cell(duration(form.latency), form.latency)
    yield Cell(f"{duration(low)}–{duration(high)}", f"{low:.6f}-{high:.6f}")
    yield Cell(f"{form.error:.0e}", form.error)
    yield Cell.words("written" if is_first else "" if form.is_right else "wrong")
