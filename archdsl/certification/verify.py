"""Verifies a file of converted weights against its certificate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np

from archdsl.certification import ours
from archdsl.certification.certify import LARGEST, Unlike, ask, origin
from archdsl.certification.images import distance, fixed, sketch
from archdsl.certification.places import Place, places
from archdsl.graph.fingerprint import fingerprint
from archdsl.graph.model import Graph
from archdsl.weights import Match, Weights, WeightsError, match
from archdsl.weights.certificate import Certificate, digest
from archdsl.weights.published import convert, table

STEADY: Final = 2e-5
"""How far answers of one model may be apart on two machines, or those of a source and of its conversion."""

State = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check."""

    name: str
    state: State
    detail: str


def verify(
    graph: Graph, certificate: Certificate, weights: Weights, source: Weights | None = None, *, run: bool = True
) -> Iterator[Check]:
    """The checks of a file of weights, each yielded when it is done.

    ``weights`` is the open file that the certificate is of, ``source`` the published one, if it is there. ``run`` asks
    the models too.
    """
    yield _same("file", "SHA-256", digest(Path(weights.file)), certificate.converted.sha256)
    yield _same("graph", "the model's hash", fingerprint(graph), certificate.graph)
    fit = match(graph, weights)
    yield _arrays(fit, weights, certificate)
    if source is None:
        yield Check("source", "skipped", f"{certificate.source.file} is not there")
    else:
        yield _same("source", f"SHA-256 of {source.file}", digest(Path(source.file)), certificate.source.sha256)
        yield _from_source(graph, weights, source)
    if not run:
        yield Check("answers", "skipped", "nothing was run, as was asked for")
    elif not fit:
        yield Check("answers", "skipped", "the arrays are not those of the model")
    else:
        yield _answers(graph, certificate, weights)
        yield _as_source(graph, certificate, weights, source)


def _same(name: str, what: str, found: str, stated: str) -> Check:
    if found == stated:
        return Check(name, "passed", f"{what} {found[:12]}… is the certificate's")
    return Check(name, "failed", f"{what} is {found[:12]}…, and the certificate's {stated[:12]}…")


def _arrays(fit: Match, weights: Weights, certificate: Certificate) -> Check:
    if not fit:
        return Check("arrays", "failed", str(fit))
    count, numbers = len(weights.arrays), sum(array.size for array in weights.arrays.values())
    stated = certificate.converted
    if (count, numbers) != (stated.arrays, stated.parameters):
        said = f"{stated.arrays} and {stated.parameters:_} are stated"
        return Check("arrays", "failed", f"{count} arrays of {numbers:_} numbers; {said}")
    return Check("arrays", "passed", f"{count} arrays, {numbers:_} numbers: all of the model, and no others")


def _from_source(graph: Graph, weights: Weights, source: Weights) -> Check:
    """Compares the arrays of the source, converted again, with those of the file."""
    try:
        converted = convert(graph, source)
    except WeightsError as error:
        return Check("names", "failed", str(error))
    differing = [
        key
        for key, array in converted.arrays.items()
        if key not in weights.arrays or not np.array_equal(array.read(), weights.arrays[key].read(), equal_nan=True)
    ]
    if differing:
        more = f" and {len(differing) - 3} more" if len(differing) > 3 else ""
        return Check("names", "failed", f"not as in the source: {', '.join(differing[:3])}{more}")
    count = sum(array.size for array in source.arrays.values() if array.kind == "float")
    return Check(
        "names", "passed", f"by the names of {converted.names[1]}, each of its {count:_} numbers has one place"
    )


def _answers(graph: Graph, certificate: Certificate, weights: Weights) -> Check:
    """Compares the model's outputs for the fixed images with those of the certificate."""
    inputs = fixed(graph, certificate.preprocessing)
    if inputs is None or not certificate.answers:
        return Check("answers", "skipped", f"the certificate has none: {certificate.why_not}")
    at = asked(graph, certificate)
    if at is None:
        return Check("answers", "failed", "the model has not all places that the certificate has answers of")
    return compared(certificate, ours.Model(graph, weights.arrays, at).answers(inputs))


def asked(graph: Graph, certificate: Certificate) -> list[Place] | None:
    """The places whose outputs a certificate has; ``None`` if the model lacks some of them."""
    source = certificate.source
    known = {place.path: place for place in places(graph, table(source.family, source.library))}
    paths = [answer.at for answer in certificate.answers if not answer.is_output]
    return [known[path] for path in paths] if known.keys() >= {*paths} else None


def compared(certificate: Certificate, own: ours.Answers) -> Check:
    """Compares a model's outputs with those of the certificate."""
    whose = certificate.compared_with or "the model when it was converted"
    worst = 0.0
    for answer in certificate.answers:
        value = own.get((answer.at, answer.is_output))
        where = answer.at if answer.is_output else f"what flows into {answer.at}"
        if value is None or value.shape[1:] != answer.shape:
            return Check("answers", "failed", f"{where} has another shape")
        apart = distance(sketch(value), answer.sketch)
        if not apart <= STEADY:
            return Check("answers", "failed", f"{where} is {apart:.1e} from the answer of {whose}")
        worst = max(worst, apart)
    count = len(certificate.answers)
    return Check("answers", "passed", f"{count} answers are at most {worst:.1e} from those of {whose}")


def _as_source(graph: Graph, certificate: Certificate, weights: Weights, source: Weights | None) -> Check:
    """Compares the model's outputs with those of the source, run now."""
    if source is None:
        return Check("reference", "skipped", f"{certificate.source.file} is not there")
    names = certificate.source.family, certificate.source.library
    try:
        found = ask(graph, weights.arrays, names, source, origin(Path(source.file), graph.name, names[1]))
    except Unlike as error:
        return Check("reference", "failed", str(error))
    errors = [answer.error for answer in found.answers if answer.error is not None]
    if found.compared_with is None:
        return Check("reference", "skipped", found.why_not)
    how = f"error {max(errors):.1e}, of {LARGEST:.0e} that is allowed"
    return Check("reference", "passed", f"{found.compared_with}: {how}")
