"""The plan of a study, stored in full in its folder, so that trials need neither its specs nor its options."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from archdsl.atomic import replacing
from archdsl.graph.json import GraphError, from_json, to_json
from archdsl.graph.model import Graph
from archdsl.tabular.json import document
from archdsl.training.errors import StudyError
from archdsl.training.pruning import Floors
from archdsl.training.recipe import Recipe, from_data

SCHEMA: Final = "archdsl-study"
VERSION: Final = 1
_FILE: Final = "study.json"
CHECKPOINT: Final = "checkpoint.npz"
WEIGHTS: Final = "weights.safetensors"
"""The names of files in the folder of a trial."""


class Trial(NamedTuple):
    """One training run: a variant with a seed. ``name`` is also that of its folder."""

    name: str
    variant: str
    seed: int


@dataclass(frozen=True)
class Variant:
    """A model of a study."""

    name: str
    graph: Graph
    settings: tuple[str, ...] = ()
    """The values of its parameters, such as ``width=16``."""
    floors: Floors = ()
    """The thresholds below which its trials are pruned."""


@dataclass(frozen=True)
class Plan:
    """The variants, the seeds of each, and the settings of training. The first variant is the baseline."""

    kind: str
    variants: tuple[Variant, ...]
    seeds: tuple[int, ...]
    data: str
    recipe: Recipe
    backend: str = "tensorflow"
    threads: int = 1
    """The threads of each trial; part of the plan, since the last digits of results depend on it."""

    @property
    def trials(self) -> tuple[Trial, ...]:
        """All trials, seed by seed, so that an unfinished study has about as many results of each variant."""
        return tuple(
            Trial(f"{index:03d}-{seed}", variant.name, seed)
            for seed in self.seeds
            for index, variant in enumerate(self.variants)
        )

    def trial(self, name: str) -> Trial:
        return next(trial for trial in self.trials if trial.name == name)

    def variant(self, name: str) -> Variant:
        return next(variant for variant in self.variants if variant.name == name)


def save(plan: Plan, folder: Path) -> None:
    """Writes the plan atomically."""
    with replacing(folder / _FILE) as file:
        file.write_text(text(plan), encoding="utf-8", newline="\n")


def text(plan: Plan) -> str:
    """The plan as JSON; equal plans have equal texts."""
    return document(
        SCHEMA,
        VERSION,
        kind=plan.kind,
        data=plan.data,
        backend=plan.backend,
        threads=plan.threads,
        seeds=list(plan.seeds),
        recipe=plan.recipe.model_dump(),
        variants=[
            {
                "name": each.name,
                "settings": list(each.settings),
                "floors": list(each.floors),
                "graph": json.loads(to_json(each.graph)),
            }
            for each in plan.variants
        ],
    )


def exists(folder: Path) -> bool:
    return (folder / _FILE).exists()


def load(folder: Path) -> Plan:
    """The plan of a study's folder. Raises ``StudyError`` if there is none, or it is invalid."""
    file = folder / _FILE
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise StudyError(f"{folder} is no folder of a study: it has no {_FILE}") from None
    except (OSError, ValueError) as error:
        raise StudyError(f"cannot read {file}: {error}") from None
    try:
        if (found["schema"], found["version"]) != (SCHEMA, VERSION):
            raise StudyError(f"{file} is of schema {found['schema']} {found['version']}, not {SCHEMA} {VERSION}")
        return _plan(found, str(file))
    except (KeyError, TypeError) as error:
        raise StudyError(f"{file} is broken: {error}") from None


def _plan(found: dict[str, Any], name: str) -> Plan:
    return Plan(
        found["kind"],
        tuple(_variants(found["variants"], name)),
        tuple(found["seeds"]),
        found["data"],
        from_data(found["recipe"], name),
        found["backend"],
        found["threads"],
    )


def _variants(found: Sequence[Any], name: str) -> Iterator[Variant]:
    for each in found:
        try:
            graph = from_json(json.dumps(each["graph"]))
        except GraphError as error:
            raise StudyError(f"{name}: {each['name']}: {error.problems[0]}") from None
        yield Variant(each["name"], graph, tuple(each["settings"]), tuple(each.get("floors", ())))
