"""What a body computes is compared with the output that its signature declares."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.catalogue import flows as codes
from archdsl.diagnostics.suggest import closest, respelt
from archdsl.elaborate.session import Session
from archdsl.elaborate.signature import Pattern, agrees, assumed, broken
from archdsl.elaborate.template import Assembly
from archdsl.elaborate.values import Bundle, Result, Tensor
from archdsl.syntax import ast


def prove(
    session: Session,
    name: str,
    body: ast.Body,
    signature: ast.Signature,
    patterns: Sequence[Pattern],
    output: Result,
    assembly: Assembly,
) -> Result:
    """The output by the names of the signature's ports. Mistakes are reported; after one, the signature is trusted."""
    ports = [p.name.id if p.name else "" for p in signature.outputs]
    only = ports[0] if len(ports) == 1 else ""
    results = {only: output} if isinstance(output, Tensor) else dict(output.tensors)
    if set(results) != set(ports):
        if not isinstance(output, Tensor) or output.shape is not None:
            session.reporter.report(_other_ports(name, body, ports, results))
        results = {port: assembly.hole(None) for port in ports}
    last = body.flow.steps[-1] if body.flow else None
    proved: dict[str, Tensor] = {}
    for port, key, pattern in zip(signature.outputs, ports, patterns, strict=True):
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
    """The diagnostic for an output with other names than the signature's, at the first wrong name if there is one."""
    last = body.flow.steps[-1] if body.flow else body
    span, fix = last.span, None
    help_: tuple[str, ...] = ()
    labels = [b.label for b in last.branches if b.label] if isinstance(last, ast.Send) else []
    wrong = next((label for label in labels if label.id not in ports), None)
    if wrong is not None:
        span = wrong.span
        near = closest(wrong.id, [port for port in ports if port not in results])
        help_, fix = ((f"did you mean `{near[0]}`?",) if near else ()), respelt(span, wrong.id, near)
    elif isinstance(last, ast.Apply) and ports != [""]:
        help_ = (f"end with `ports {{ {'  '.join(f'{port}: …' for port in ports)} }}`",)
    return codes.PortsMismatch(
        span=span,
        what=f"the output of `{name}`",
        wanted=", ".join(f"`{p}`" for p in ports) if ports != [""] else "one tensor",
        given=", ".join(f"`{p}`" for p in results) if "" not in results else "one tensor",
        help=help_,
        fix=fix,
    )
