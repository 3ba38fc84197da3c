"""Normalisations."""

from __future__ import annotations

import numpy as np

from archdsl.intake.errors import Unsupported
from archdsl.intake.tensors.lowering import Site, reads, short
from archdsl.intake.tensors.operators import attention
from archdsl.intake.tensors.program import Numbers
from archdsl.intake.tensors.views import Axes, View, length


def _map_or_features(site: Site, view: View) -> Axes:
    """The axes ``[batch, channels, …]`` with the channels last."""
    if len(view.axes) > 2:
        return site.spatial(view)
    return site.in_order(view)


@reads("BatchNormalization")
def batch_norm(site: Site) -> View:
    view = site.view()
    lies = _map_or_features(site, view)
    if site.attribute("training_mode", 0):
        raise Unsupported("it is in training mode; export the model in inference mode")
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    held = {name: site.array(place) for place, name in enumerate(names, start=1)}
    base = site.laid(view, lies)
    eps, momentum = float(site.attribute("epsilon", 1e-5)), float(site.attribute("momentum", 0.9))
    shared = [site.constant(place).name for place in range(1, 5)]
    return View(
        site.emit("batch_norm", [base], lies, held, shared, eps=_digits(eps), momentum=_digits(momentum)), view.axes
    )


def _digits(value: float) -> float:
    return short(np.float32(value))


@reads("LayerNormalization")
def layer_norm(site: Site) -> View:
    view = site.view()
    rank = len(view.axes)
    first = site.axis(site.attribute("axis", -1))
    if first != rank - 1 and any(n != 1 for n in view.shape[first + 1 :]):
        if first == 1 and not site.unbatched(view.axes[0]):
            raise Unsupported("a layer norm over all axes has no counterpart")
        raise Unsupported("a layer norm over several axes has no counterpart")
    held = {"gamma": site.array(1)} if site.has(1) else {}
    if site.has(2):
        held["beta"] = site.array(2)
    base, lies = site.features_last(view)
    eps = _digits(float(site.attribute("epsilon", 1e-5)))
    made = site.emit("layer_norm", [base], lies, held, eps=eps, scale=site.has(1), center=site.has(2))
    return View(made, view.axes)


@reads("RMSNormalization")
def rms_norm(site: Site) -> View:
    view = site.view()
    held = {"scale": site.array(1)} if site.has(1) else {}
    base, lies = site.features_last(view)
    eps = _digits(float(site.attribute("epsilon", 1e-5)))
    return View(site.emit("rms_norm", [base], lies, held, eps=eps, scale=site.has(1)), view.axes)


@reads("GroupNormalization")
def group_norm(site: Site) -> View:
    view = site.view()
    lies = _map_or_features(site, view)
    groups, channels = site.attribute("num_groups", 1), length(lies[-1])
    held = {"gamma": _per_channel(site.array(1), channels), "beta": _per_channel(site.array(2), channels)}
    eps = _digits(float(site.attribute("epsilon", 1e-5)))
    return View(site.emit("group_norm", [site.laid(view, lies)], lies, held, groups=groups, eps=eps), view.axes)


def _per_channel(array: Numbers, channels: int) -> Numbers:
    return array if array.size == channels else np.repeat(array, channels // array.size)


@reads("InstanceNormalization")
def instance_norm(site: Site) -> View:
    view = site.view()
    lies = site.spatial(view)
    held = {"gamma": site.array(1), "beta": site.array(2)}
    eps = _digits(float(site.attribute("epsilon", 1e-5)))
    return View(site.emit("instance_norm", [site.laid(view, lies)], lies, held, eps=eps), view.axes)


@reads("LpNormalization")
def l2_normalize(site: Site) -> View:
    view = site.view()
    axis_ = site.axis(site.attribute("axis", -1))
    if site.attribute("p", 2) != 2:
        raise Unsupported("a norm other than L2 has no counterpart")
    eps = _digits(float(site.attribute("epsilon", 1e-12)))
    if axis_ == len(view.axes) - 1 and eps == 1e-12:
        return attention.of_length_one(site, view)
    lies = site.lies(view)
    row = site.unbatched(view.axes[axis_])
    if row not in lies:
        lies = site.in_order(view)
    place = lies.index(row)
    base = site.laid(view, lies)
    return View(
        site.emit("l2_normalize", [base], lies, axis=-1 if place == len(lies) - 1 else place, eps=eps), view.axes
    )
