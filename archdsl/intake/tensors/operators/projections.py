"""Pending products of queries, keys and values whose dense layers are known: the op for attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from archdsl.intake.tensors.lowering import Site, short
from archdsl.intake.tensors.operators.attention import Logits, Mixed
from archdsl.intake.tensors.operators.biases import in_windows
from archdsl.intake.tensors.program import Numbers
from archdsl.intake.tensors.views import Axis, View, axis, leaves, length, places
from archdsl.ops.linear import Dense

_MOST: Final = 100.0 * (1 + 1e-5)
"""What a learned factor of logits is at most, and what rounding adds to it."""


@dataclass(slots=True)
class Projection:
    """What a view of a dense layer's result is: which of its axes are tokens, heads and features of a head."""

    source: View
    """What the layer takes."""
    kernel: Numbers
    """``[features, heads, size]``."""
    bias: Numbers | None
    lead: Axis
    tokens: Axis
    heads: Axis


def _projection(site: Site, view: View) -> Projection | None:
    lowering = site.lowering
    node = lowering.graph.nodes.get(view.base)
    if node is None or not isinstance(node.op, Dense) or view.base not in lowering.sources or node.layer != node.name:
        return None
    units = lowering.layout(view.base)[-1]
    picks = dict(places(view))
    if any(atom not in units for atom in picks):
        return None
    own, rows = {*units}, view.resolved
    features, tokens = rows[-1], site.unbatched(rows[-2])
    if not features or any(atom not in own for atom in features) or any(atom in own for atom in tokens):
        return None
    others = [atom for row in rows[:-2] for atom in row if not atom.is_batch]
    heads = tuple(atom for atom in others if atom in own)
    lead = tuple(atom for atom in others if atom not in own)
    if {*units} != {*heads, *features, *picks}:
        return None
    held = {name: array.read() for name, array in lowering.graph.arrays[view.base].items()}

    def ordered(array: Numbers) -> Numbers:
        parts = array.reshape(-1, *(atom.size for atom in units))
        index = tuple(picks.get(atom, slice(None)) for atom in units)
        left = [atom for atom in units if atom not in picks]
        parts = parts[(slice(None), *index)]
        return np.asarray(parts.transpose(0, *(1 + left.index(atom) for atom in (*heads, *features))))

    size, count = length(features), length(heads)
    kernel = ordered(held["kernel"]).reshape(-1, count, size)
    bias = ordered(held["bias"]).reshape(count, size) if "bias" in held else None
    return Projection(lowering.sources[view.base], kernel, bias, lead, tokens, heads)


def ended(site: Site, view: View, kernel: Numbers, bias: Numbers | None) -> View | None:
    """An attention whose output a dense layer projects; ``None`` if what it takes is not the result of one."""
    pending = site.lowering.pending.get(view.base)
    if not isinstance(pending, Mixed) or view.base in site.lowering.said or view.picks:
        return None
    logits = pending.shares.logits
    found = [_projection(site, each) for each in (logits.query, logits.key, pending.value)]
    query, key, value = found
    if query is None or key is None or value is None:
        return None
    return _attention(site, view, pending, (query, key, value), kernel, bias)


def _attention(
    site: Site,
    view: View,
    pending: Mixed,
    parts: tuple[Projection, Projection, Projection],
    kernel: Numbers,
    bias: Numbers | None,
) -> View | None:
    query, key, value = parts
    logits = pending.shares.logits
    heads, size = query.kernel.shape[1:]
    value_size = value.kernel.shape[2]
    if key.kernel.shape[1:] != (heads, size) or value.kernel.shape[1] != heads:
        return None
    # The result's atoms: those of the queries' places and heads, and new ones for features.
    features = leaves(pending.axes[-1])
    last = leaves(view.axes[-1])
    if {*last} != {*query.heads, *features}:
        return None
    inputs = _inputs(site, parts)
    if inputs is None:
        return None
    lead = (query.lead,) if query.lead else ()
    units = axis(kernel.shape[1])
    lies = (*lead, query.tokens, units)
    rows = kernel.reshape(*(atom.size for atom in last), -1)
    rows = rows.transpose(*(last.index(atom) for atom in (*query.heads, *features)), len(last))
    held = {f"{name}/kernel": part.kernel for name, part in zip(("query", "key", "value"), parts, strict=True)}
    held |= {
        f"{name}/bias": part.bias
        for name, part in zip(("query", "key", "value"), parts, strict=True)
        if part.bias is not None
    }
    held["attention_output/kernel"] = rows.reshape(heads, value_size, -1)
    if bias is not None:
        held["attention_output/bias"] = bias
    with_bias = tuple(name.partition("/")[0].removeprefix("attention_") for name in held if name.endswith("/bias"))
    arguments = _form(logits, query, held)
    if arguments is None:
        return None
    width = query.kernel.shape[0]
    arguments |= {
        "heads": heads,
        "key_dim": None if size * heads == width else size,
        "value_dim": None if value_size == size else value_size,
        "units": None if kernel.shape[1] == width else kernel.shape[1],
        "bias": len(with_bias) == 4 if len(with_bias) in (0, 4) else with_bias,
    }
    made_ = site.emit("attention", inputs, lies, held, **arguments)
    axes = tuple(tuple(atom for atom in row if atom not in query.heads) for row in view.resolved[:-1])
    return View(made_, (*axes, units))


def _inputs(site: Site, parts: tuple[Projection, Projection, Projection]) -> list[str] | None:
    """The values that queries, keys and values are made of, in the order in which the op takes them."""
    values = []
    for part in parts:
        source = site.forced(part.source)
        lead = (part.lead,) if part.lead else ()
        values.append(site.laid(source, (*lead, part.tokens, site.unbatched(source.axes[-1]))))
    if values[1] != values[2]:
        return values
    return values[:1] if values[0] == values[1] else values[:2]


def _form(logits: Logits, query: Projection, held: dict[str, Numbers]) -> dict[str, Any] | None:
    """The arguments for the scale and the biases of logits; their arrays are added to those held."""
    size = query.kernel.shape[2]
    arguments: dict[str, Any] = {}
    if logits.is_cosine:
        arguments["qk_norm"] = "l2"
    if logits.per_head is not None:
        factors = logits.per_head.reshape(-1) * logits.scale
        if len(factors) != query.kernel.shape[1] or np.any(factors <= 0) or np.any(factors > _MOST):
            return None
        arguments["scale"] = "learned"
        held["logit_scale"] = np.log(factors)
    elif abs(logits.scale / size**-0.5 - 1) > 1e-5:
        arguments["scale"] = short(np.float32(logits.scale))
    if not logits.biases:
        return arguments
    found = in_windows(logits, query.kernel.shape[1], query.lead, query.tokens)
    if found is None:
        return None
    table, more = found
    held["relative_position_bias"] = table
    return arguments | more
