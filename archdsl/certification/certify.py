"""Makes the certificate of converted weights."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from archdsl.certification import ours, sources
from archdsl.certification.images import fixed, sketch
from archdsl.certification.places import firsts, places
from archdsl.graph.fingerprint import fingerprint
from archdsl.graph.model import Graph
from archdsl.version import __version__
from archdsl.weights import Array, Weights, WeightsError
from archdsl.weights import certificate as certificates
from archdsl.weights.preprocessing import Preprocessing
from archdsl.weights.published import Converted, table
from archdsl.weights.published.checkpoints import Published, is_stated, of_model

LARGEST: Final = 1e-4
"""Error of an answer, relative to the source's largest value, above which weights are not those of the source."""


class Unlike(WeightsError):
    """The outputs of a model differ from those of its source."""


class Origin(NamedTuple):
    """The provenance of a published file."""

    sha256: str
    checkpoint: Published | None
    """What it is, if a library states its digest."""
    code: str
    """What the library calls the model; empty if that is not known."""
    preprocessing: Preprocessing | None
    licence: str | None


def origin(file: Path, model: str, source: str, *, said: Published | None = None) -> Origin:
    """The provenance of a file, by its digests, or as ``said`` by whoever fetched it.

    All checkpoints of a model that a library publishes have the same code, and what they have in common holds for those
    that it does not list too, such as weights that somebody trained further.
    """
    sha256, md5 = _digests(file)
    known = of_model(model, source.partition("_")[0])
    exact = said or next((each for each in known if is_stated(each.digest, sha256, md5)), None)
    alike = (exact,) if exact else known
    hows, licences = ({getattr(each, name) for each in alike} for name in ("preprocessing", "licence"))
    return Origin(
        sha256,
        exact,
        alike[0].code if alike else "",
        hows.pop() if len(hows) == 1 else None,
        licences.pop() if exact and len(licences) == 1 else None,
    )


def _digests(file: Path) -> tuple[str, str]:
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with file.open("rb") as opened:
        while part := opened.read(2**20):
            sha256.update(part)
            md5.update(part)
    return sha256.hexdigest(), md5.hexdigest()


class Asked(NamedTuple):
    """Outputs, and the name of the model that gave them."""

    answers: tuple[certificates.Answer, ...]
    compared_with: str | None
    why_not: str


def ask(graph: Graph, arrays: Mapping[str, Array], names: tuple[str, str], published: Weights, found: Origin) -> Asked:
    """The source's outputs, with the errors of the model with ``arrays``; or else the outputs of the latter.

    ``names`` is the table that says which array of the ``published`` file is which, by family and source.

    Raises:
        Unlike: the errors are too large.
        WeightsError: an answer is not finite.
    """
    inputs = fixed(graph, found.preprocessing)
    if inputs is None:
        return Asked((), None, "an input has no size that is known")
    family, source = names
    at = [*places(graph, table(family, source))]
    try:
        if not found.code:
            raise sources.CannotRun(f"archdsl does not know which model of {source} it is")
        ran = sources.run(source.partition("_")[0], found.code, graph, published, inputs, at)
    except sources.CannotRun as reason:
        theirs: ours.Answers = {}
        own = ours.Model(graph, arrays, firsts(at)).answers(inputs)
        return Asked(tuple(_answer(key, value, theirs) for key, value in own.items()), None, str(reason))
    own = ours.Model(graph, arrays, ran.places).answers(inputs)
    found_answers = tuple(_answer(key, value, ran.answers) for key, value in own.items())
    _refuse_unlike(graph, found_answers, ran.code)
    return Asked(found_answers, ran.code, "")


def _answer(key: tuple[str, bool], own: Any, theirs: ours.Answers) -> certificates.Answer:
    at, is_output = key
    value = theirs.get(key, own)
    if not np.isfinite(value).all():
        raise WeightsError(f"with these weights, the answer at {at} has values that are no numbers")
    error = float(f"{relative(own, value):.3g}") if key in theirs else None
    return certificates.Answer(at=at, is_output=is_output, shape=value.shape[1:], sketch=sketch(value), error=error)


def relative(own: Any, theirs: Any) -> float:
    """The largest absolute difference, relative to the largest absolute value of the other."""
    return float(np.abs(own - theirs).max() / max(np.abs(theirs).max(), 1e-30))


def _refuse_unlike(graph: Graph, answers: tuple[certificates.Answer, ...], code: str) -> None:
    for answer in answers:
        if answer.error is not None and not answer.error <= LARGEST:
            where = f"its {answer.at}" if answer.is_output else f"what flows into {answer.at}"
            raise Unlike(
                f"{graph.name} does not answer as {code} does with these weights: {where} is wrong by "
                f"{answer.error:.1e} of its largest value"
            )


def certify(
    graph: Graph,
    weights: Weights,
    converted: Converted,
    *,
    run: bool = True,
    said: Published | None = None,
    arguments: Mapping[str, str] | None = None,
) -> certificates.Certificate:
    """The certificate of converted weights; the digest of the file is added when it is written.

    ``run`` asks the models, which loads Keras, and the source's code where it is installed.

    Raises:
        Unlike: the converted model does not answer as the source does.
    """
    family, source = converted.names
    found = origin(Path(weights.file), graph.name, source, said=said)
    if run:
        asked = ask(graph, converted.arrays, converted.names, weights, found)
    else:
        asked = Asked((), None, "nothing was run, as was asked for")
    return certificates.Certificate(
        model=graph.name,
        arguments=dict(arguments or {}),
        graph=fingerprint(graph),
        archdsl=__version__,
        source=certificates.Source(
            file=Path(weights.file).name,
            sha256=found.sha256,
            family=family,
            library=source,
            checkpoint=found.checkpoint.checkpoint if found.checkpoint else None,
            left=converted.left,
        ),
        converted=certificates.Converted(
            sha256="0" * 64,
            arrays=len(converted.arrays),
            parameters=sum(array.size for array in converted.arrays.values()),
        ),
        compared_with=asked.compared_with,
        why_not=asked.why_not,
        answers=asked.answers,
        preprocessing=found.preprocessing,
        licence=found.licence,
    )


def of_file(certificate: certificates.Certificate, file: Path) -> certificates.Certificate:
    """The certificate with the digest of the written file."""
    converted = certificate.converted.model_copy(update={"sha256": certificates.digest(file)})
    return certificate.model_copy(update={"converted": converted})
