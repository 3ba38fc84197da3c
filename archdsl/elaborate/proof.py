"""Proves that a body computes the output that its signature declares."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.catalogue import flows as codes
from archdsl.diagnostics.suggest import closest, respelt
from archdsl.elaborate.ports import entered, told
from archdsl.elaborate.session import Session
from archdsl.elaborate.signature import Declared, agrees, assumed, broken
from archdsl.elaborate.template import Assembly
from archdsl.elaborate.values import ANY_NUMBER, Bundle, Result, Tensor, group_of
from archdsl.syntax import ast


def prove(
    session: Session,
    name: str,
    body: ast.Body,
    wanted: Declared,
    output: Result,
    assembly: Assembly,
) -> Result:
    """The output by the names of the signature's ports. Mistakes are reported; after one, the signature is trusted."""
    only = wanted[0][0].key if len(wanted) == 1 else ""
    results = {only: output} if isinstance(output, Tensor) else dict(output.tensors)
    wanted = [(port, pattern) for each, pattern in wanted for port in entered([each], results)]
    ports = [f"{port.key}{ANY_NUMBER if port.is_open and port.index is None else ''}" for port, _ in wanted]
    if set(results) != set(ports):
        if not isinstance(output, Tensor) or output.shape is not None:
            session.reporter.report(_other_ports(name, body, ports, results))
        results = {port: assembly.hole(None) for port in ports}
    last = body.flow.steps[-1] if body.flow else None
    proved: dict[str, Tensor] = {}
    for key, (port, pattern) in zip(ports, wanted, strict=True):
        tensor = results[key]
        if tensor.shape is None:
            tensor = assembly.hole(assumed(pattern))
        elif not agrees(pattern, tensor.shape):
            what = f"output `{key}` of `{name}`" if key else f"the output of `{name}`"
            if not assembly.misclaimed:
                session.reporter.report(broken(port.shape, pattern, tensor.shape, what, last))
            tensor = assembly.hole(assumed(pattern))
        proved[key] = tensor
    return proved[""] if "" in proved else Bundle(proved)


def _other_ports(name: str, body: ast.Body, ports: Sequence[str], results: dict[str, Tensor]) -> Diagnostic:
    """The diagnostic for output names that differ from the signature's, at the first wrong name if there is one."""
    last = body.flow.steps[-1] if body.flow else body
    span, fix = last.span, None
    help_: tuple[str, ...] = ()
    labels = [b.label for b in last.branches if b.label] if isinstance(last, ast.Send) else []
    names = dict.fromkeys(map(group_of, ports))
    wrong = next((label for label in labels if label.id not in names), None)
    if wrong is not None:
        span = wrong.span
        near = closest(wrong.id, [name for name in names if name not in map(group_of, results)])
        help_, fix = ((f"did you mean `{near[0]}`?",) if near else ()), respelt(span, wrong.id, near)
    elif isinstance(last, ast.Apply) and ports != [""]:
        help_ = (f"end with `ports {{ {'  '.join(f'{name}: …' for name in names)} }}`",)
    return codes.PortsMismatch(
        span=span,
        what=f"the output of `{name}`",
        wanted=told(ports) if ports != [""] else "one tensor",
        given=told(results) if "" not in results else "one tensor",
        help=help_,
        fix=fix,
    )
