"""Initialisation functions, where the fans of ``torch.nn.init`` differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_ORTHOGONAL = '''
def orthogonal(size: tuple[int, ...], gain: float = 1.0) -> Tensor:
    """A tensor whose last axis has columns that are orthogonal to one another."""
    matrix = torch.empty(math.prod(size[:-1]), size[-1])
    return nn.init.orthogonal_(matrix, gain).reshape(size)
'''
_SCALED = '''
def {name}(size: tuple[int, ...]) -> Tensor:
    """A kernel [..., inputs, outputs] with the variance {variance}."""
    {fan}
'''
_IN = "inputs = math.prod(size[:-1])"
_FANS: Mapping[str, tuple[str, str, str]] = {
    "he": ("2 / inputs", _IN, "2 / inputs"),
    "lecun": ("1 / inputs", _IN, "1 / inputs"),
    "glorot": ("2 / (inputs + outputs)", "both = math.prod(size[:-2]) * (size[-2] + size[-1])", "2 / both"),
}


def _texts() -> Iterator[tuple[str, str]]:
    yield "orthogonal", _ORTHOGONAL
    for family, (variance, fan, value) in _FANS.items():
        normal = f"{fan}\n    return torch.randn(size) * ({value}) ** 0.5"
        uniform = f"{fan}\n    bound = (3 * {value}) ** 0.5\n    return torch.empty(size).uniform_(-bound, bound)"
        for kind, body in (("normal", normal), ("uniform", uniform)):
            name = f"{family}_{kind}"
            yield name, _SCALED.format(name=name, variance=variance, fan=body)


STARTS: Mapping[str, str] = dict(_texts())
