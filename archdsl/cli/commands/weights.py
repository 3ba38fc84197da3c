"""``archdsl weights``: converts, fetches and verifies published weights of bundled models."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archdsl.cli import inputs
from archdsl.cli.exits import SPEC_ERRORS, Refusal
from archdsl.cli.output import tell, written
from archdsl.cli.published import fetched, local, named
from archdsl.cli.specs import open_model, set_option, spec_argument
from archdsl.diagnostics.display import visible

if TYPE_CHECKING:
    from archdsl.architecture import Architecture
    from archdsl.weights import Weights

_EPILOG = """\b
Examples:
  archdsl weights list
  archdsl weights list --model resnet50
  archdsl weights fetch resnet50 torchvision:IMAGENET1K_V1
  archdsl weights convert resnet50 imagenet -o resnet50.safetensors
  archdsl weights convert resnet50 resnet50-11ad3fa6.pth -o resnet50.safetensors
  archdsl weights convert vit_b16 model.safetensors -o vit_b16.safetensors
  archdsl weights convert resnet50 trained.safetensors --names torchvision -o trained.pth
  archdsl weights verify resnet50 resnet50.safetensors --source resnet50-11ad3fa6.pth
  archdsl compile resnet50 --weights resnet50.safetensors"""


_FORMAT = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True, help="For whom."
)
_RUN = click.option("--run/--no-run", default=True, help="Whether models are asked, which takes seconds.")


@click.group(epilog=_EPILOG)
def weights() -> None:
    """Convert, fetch and verify the weights that others publish."""


@weights.command("list")
@click.option("--model", metavar="SPEC", help="List the checkpoints that are published for a bundled model.")
@_FORMAT
def list_(model: str | None, format_: str) -> None:
    """List the families of bundled models and whose names of arrays are known for them."""
    from archdsl.tabular.json import document
    from archdsl.weights.published import sources

    if model is not None:
        _list_checkpoints(model, format_)
        return
    families: dict[str, list[str]] = {}
    for family, source in sources():
        families.setdefault(family, []).append(source)
    if format_ == "json":
        found = [{"family": family, "sources": names} for family, names in families.items()]
        click.echo(document("archdsl-weights-list", 1, families=found))
        return
    width = max(map(len, families))
    for family, names in families.items():
        click.echo(f"{family:{width}}  {', '.join(names)}")


def _list_checkpoints(model: str, format_: str) -> None:
    """Lists the published weights of a model."""
    from archdsl.diagnostics.suggest import closest
    from archdsl.tabular.json import document
    from archdsl.weights.published.checkpoints import of_model, published
    from archdsl.weights.published.fetch import cached

    found = of_model(model)
    if not found:
        near = " or ".join(closest(model, sorted({each.model for each in published()})))
        raise Refusal(
            f"no library is known to publish weights of {model}" + (f"; did you mean {near}?" if near else "")
        )
    if format_ == "json":
        rows = [{**each.model_dump(mode="json"), "cached": cached(each) is not None} for each in found]
        click.echo(document("archdsl-weights-checkpoints", 1, model=model, checkpoints=rows))
        return
    names = [f"{each.library}:{each.name}" for each in found]
    width = max(map(len, names))
    for name, each in zip(names, found, strict=True):
        more = "".join(f" --set {key}={value}" for key, value in each.arguments.items())
        click.echo(f"{name:{width}}  {each.licence:12}  {each.url}{more}{'  (cached)' if cached(each) else ''}")


@weights.command("convert", epilog=_EPILOG)
@spec_argument
@click.argument("file", type=click.Path(dir_okay=False), metavar="FILE")
@click.option("-o", "--output", "out", metavar="OUT", required=True, help="The file to write: .safetensors or .pth.")
@click.option("--names", metavar="LIBRARY", help="The other way: write weights under a library's names, to .pth.")
@_RUN
@_FORMAT
@set_option
def convert(
    spec: str, file: str, out: str, names: str | None, run: bool, format_: str, settings: tuple[str, ...]
) -> None:
    """Write a published checkpoint as the weights of a model.

    FILE is published weights by name, such as imagenet or timm, which are fetched; or a file: a state dict of PyTorch,
    .safetensors, or .pth, .pt or .bin, which PyTorch must be installed to read; or the weights of a model of
    keras.applications, .h5. A table of names says which of its arrays, or which part of one, each array of the model
    is; it is found by the names in the file. Every number must have one place and every place a number, or nothing is
    written. Counts of batches and other integers, which the model has no use for, are left aside.

    With `--names torchvision`, FILE is any that the model takes, and OUT.pth a state dict under torchvision's names,
    which its model loads.

    OUT.certificate.json, beside OUT, says where the weights are from, and what the model answers with them to two fixed
    images. Where the code that the weights are of is installed, it is asked as well; if the answers differ, nothing is
    written.
    """
    from archdsl.certification import certify
    from archdsl.certification.certify import of_file
    from archdsl.weights import safetensors
    from archdsl.weights.arrays import refuse_unbounded
    from archdsl.weights.certificate import beside
    from archdsl.weights.published import convert

    architecture = open_model(spec, settings)
    graph = architecture.graph
    if names is not None:
        _write_state(architecture, file, out, names)
        return
    if not out.lower().endswith(".safetensors"):
        raise Refusal(f"weights go to a file that ends in .safetensors, not to {out}")
    which = named(graph, file)
    file = file if which is None else fetched(which)
    inputs.add({Path(file)})
    with _opened(file) as found:
        converted = convert(graph, found)
        given = dict(setting.split("=", 1) for setting in settings)
        certificate = certify(graph, found, converted, run=run, said=which, arguments=given)
        source = certificate.source
        metadata = {
            "schema": safetensors.SCHEMA,
            "version": safetensors.VERSION,
            "model": graph.name,
            "graph": certificate.graph,
            "archdsl": certificate.archdsl,
            "source": source.file,
            "source_sha256": source.sha256,
            "source_names": f"{source.library} of {source.family}",
        }
        with written(beside(Path(out))) as page, written(Path(out)) as path:
            arrays = {key: array.read() for key, array in converted.arrays.items()}
            refuse_unbounded(arrays, file)
            safetensors.write(path, arrays, metadata)
            certificate = of_file(certificate, path)
            page.write_text(certificate.text(), encoding="utf-8", newline="\n")
    if format_ == "json":
        click.echo(certificate.text(), nl=False)
        return
    count = certificate.converted.parameters
    integers = len(converted.left)
    left = f"; left aside: {integers} array{'s' * (integers != 1)} of integers" if integers else ""
    tell(out, f": {len(converted.arrays)} arrays, {count:_} numbers, by the names of {source.library}{left}")
    if certificate.compared_with is not None:
        tell(beside(Path(out)), f": error {certificate.error:.1e} against {certificate.compared_with}")
    else:
        tell(beside(Path(out)), f"; not compared with the source: {certificate.why_not}")


@weights.command("fetch", epilog=_EPILOG)
@spec_argument
@click.argument("which", default="imagenet")
@_FORMAT
@set_option
def fetch(spec: str, which: str, format_: str, settings: tuple[str, ...]) -> None:
    """Fetch weights that somebody publishes for a model, and print where they lie.

    WHICH is imagenet, a library (`torchvision`, `timm`, `keras`) or one of its checkpoints, `torchvision:IMAGENET1K_V1`
    (`archdsl weights list --model SPEC`). The file goes to where that library caches it, and is taken from there if it
    is there already. A download that broke goes on where it stopped; a file that is not the one which the library
    states is not kept.
    """
    graph = open_model(spec, settings).graph
    found = named(graph, which)
    if found is None:
        raise Refusal(f"{which} is a file, or no library: what can be fetched, `archdsl weights list` says")
    file = fetched(found)
    if format_ == "json":
        from archdsl.tabular.json import document

        click.echo(document("archdsl-weights-fetch", 1, file=file, published=found.model_dump(mode="json")))
    else:
        click.echo(file)


def _write_state(architecture: Architecture, file: str, out: str, names: str) -> None:
    """Writes weights under the names of a library's model, as PyTorch saves them."""
    from archdsl.weights import WeightsError, checkpoint

    if not out.lower().endswith(checkpoint.ENDINGS):
        raise Refusal(f"a state dict goes to a file that ends in {' or '.join(checkpoint.ENDINGS)}, not to {out}")
    with _told(file):
        found = local(architecture.graph, file)
        inputs.add({Path(found)})
        try:
            state = architecture.torch_state(found, names=names)
        except WeightsError:
            raise
        except ValueError as error:
            raise Refusal(str(error)) from error
        with written(Path(out)) as path:
            checkpoint.write(path, state)
    tell(out, f": {len(state)} arrays, by the names of {names}")


@weights.command("match", epilog=_EPILOG)
@spec_argument
@click.argument("file", metavar="FILE")
@_FORMAT
@set_option
def match(spec: str, file: str, format_: str, settings: tuple[str, ...]) -> None:
    """Say how weights fit a model: what `--partial` keeps, carries over and leaves out, and why.

    FILE is a file of weights, or published ones by name. Nothing is built or written. Exits with 1 if not everything
    fits.
    """
    from archdsl.weights import report

    architecture = open_model(spec, settings)
    with _told(file):
        found = architecture.match_weights(local(architecture.graph, file))
    if format_ == "json":
        from archdsl.tabular.json import document

        click.echo(document("archdsl-weights-match", 1, **found.document()))
    else:
        click.echo("\n".join(map(visible, report(found, partial=True).splitlines())))
    if not found:
        sys.exit(SPEC_ERRORS)


@weights.command("verify", epilog=_EPILOG)
@spec_argument
@click.argument("file", type=click.Path(dir_okay=False), metavar="FILE")
@click.option(
    "--source",
    "published",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="The published file that FILE was converted from; otherwise the one of its name that lies beside it.",
)
@_RUN
@_FORMAT
@set_option
def verify(spec: str, file: str, published: str | None, run: bool, format_: str, settings: tuple[str, ...]) -> None:
    """Check converted weights against their certificate, which lies beside them.

    Computes again: the hashes of the file and of the model; which array each number of the source becomes, if its file
    is there; the model's answers to the fixed images, against those of the certificate; and the answers of the code
    that the weights are of, if it is installed. Exits with 1 if any of them differs.
    """
    from archdsl.certification.verify import verify
    from archdsl.weights import certificate as certificates

    architecture = open_model(spec, settings)
    with _told(file), _opened(file) as found:
        certificate = certificates.of(Path(file))
        if certificate is None:
            raise Refusal(f"{file} has no certificate: there is no {certificates.beside(Path(file))}")
        beside = Path(file).with_name(certificate.source.file)
        origin = published or (str(beside) if beside.is_file() else None)
        with _opened(origin) if origin else nullcontext() as source:
            checks = [*verify(architecture.graph, certificate, found, source, run=run)]
    if format_ == "json":
        from archdsl.tabular.json import document

        rows = [{"check": each.name, "state": each.state, "detail": each.detail} for each in checks]
        click.echo(document("archdsl-weights-verify", 1, file=file, model=architecture.name, checks=rows))
    else:
        for each in checks:
            first, *rest = each.detail.splitlines()
            click.echo("\n".join([f"{each.state:7}  {each.name:9}  {visible(first)}", *map(visible, rest)]))
    if any(each.state == "failed" for each in checks):
        sys.exit(SPEC_ERRORS)


@contextmanager
def _told(file: str) -> Iterator[None]:
    """Reports errors in weights or certificates as wrong usage."""
    from archdsl.weights import WeightsError

    try:
        yield
    except WeightsError as error:
        raise Refusal(str(error)) from error
    except OSError as error:
        raise Refusal(f"cannot read {file}: {(error.strerror or str(error)).lower()}") from error


@contextmanager
def _opened(file: str) -> Iterator[Weights]:
    """The arrays of a file."""
    from archdsl.backends.keras.files import opened

    with _told(file), opened(file) as found:
        yield found
