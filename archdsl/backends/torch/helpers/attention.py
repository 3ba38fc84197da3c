"""The attention class, reduced to the features that a model uses."""

from __future__ import annotations

CLASSES = ("Attention", "CrossAttention")
"""The second one is for a file that has both, where a published model names the arrays of both otherwise."""
_HEAD = '''
class {name}(nn.Module):
    """{doc}"""

    def __init__(
        self,
        dim: int,
        heads: int,
{arguments}    ) -> None:
        super().__init__()
{init}
    def forward({inputs}) -> Tensor:
{forward}'''

_DEFAULTS = {
    "key_dim": "key_dim: int | None = None",
    "value_dim": "value_dim: int | None = None",
    "units": "units: int | None = None",
    "kv_heads": "kv_heads: int | None = None",
    "context_dim": "context_dim: int | None = None",
    "values_dim": "values_dim: int | None = None",
    "bias": 'bias: tuple[str, ...] = ("query", "key", "value", "output", "talking")',
    "dropout": "dropout: float = 0.0",
    "scale": "scale: float | None = None",
    "learned_scale": "learned_scale: bool = False",
    "qk_norm": "qk_norm: str | None = None",
    "causal": "causal: bool = False",
    "talking_heads": "talking_heads: bool = False",
    "window": "window: tuple[int, int] | None = None",
    "shift": "map_size: tuple[int, int] | None = None,\n        shift: tuple[int, int] = (0, 0)",
    "rotary": """rotary: tuple[int, ...] | None = None,
        base: float = 10000.0,
        interleaved: bool = True""",
}


class _Used:
    """The used features, and the lines that implement them.

    A feature such as ``query=q`` is what a part is called where a published model says so.
    """

    def __init__(self, features: frozenset[str]) -> None:
        self._features = features
        self._names = dict(feature.split("=") for feature in features if "=" in feature)
        self.lines: list[str] = []

    def __contains__(self, feature: str) -> bool:
        return feature in self._features

    def named(self, part: str) -> str:
        """The name of a part; empty if it has no name of its own."""
        return self._names.get(part, "")

    def self(self, part: str) -> str:
        return f"self.{self._names.get(part, part)}"

    def add(self, text: str, *features: str) -> None:
        """Adds lines that are needed if all of some features are used."""
        if self._features.issuperset(features):
            self.lines += [f"        {line}" if line else "" for line in text.splitlines()]


def needs(features: frozenset[str]) -> tuple[str, ...]:
    """The functions that the class calls."""
    needed = {
        "window": ("relative_positions",),
        "shift": ("shift_mask",),
        "map": ("shift_mask",),
        "rotary": ("rotary_angles", "rotate"),
    }
    return tuple(name for feature in sorted(features) for name in needed.get(feature, ()))


def attention(name: str, features: frozenset[str]) -> str:
    """The class of that name with these features."""
    if "map" in features:
        features |= {"shift"}
    arguments = "".join(f"        {text},\n" for feature, text in _DEFAULTS.items() if feature in features)
    inputs = "self, x: Tensor"
    if "context" in features:
        inputs += ", context: Tensor | None = None"
    if "values" in features:
        inputs += ", values: Tensor | None = None"
    if "logit_bias" in features:
        inputs += ", logit_bias: Tensor | None = None"
    if len(f"    def forward({inputs}) -> Tensor:") > 88:
        inputs = f"\n        {inputs}\n    "
    doc = "Multi-head attention among the tokens of [..., tokens, dim]."
    if not arguments:
        head = _HEAD.replace(
            "\n        self,\n        dim: int,\n        heads: int,\n{arguments}    ", "self, dim: int, heads: int"
        )
    else:
        head = _HEAD
    init, forward = _init(_Used(features)), _forward(_Used(features))
    return head.format(name=name, doc=doc, arguments=arguments, init=init, inputs=inputs, forward=forward)


def _init(used: _Used) -> str:
    size = "key_dim or dim // heads" if "key_dim" in used else "dim // heads"
    value_size = "value_dim or size" if "value_dim" in used else "size"
    shared = "kv_heads or heads" if "kv_heads" in used else "heads"
    context = "context_dim or dim" if "context_dim" in used else "dim"
    values = f"values_dim or {context}" if "values_dim" in used else context
    units = "units or dim" if "units" in used else "dim"
    fused = used.named("fused")
    if not fused or any(feature in used for feature in ("key_dim", "rotary", *(f"qk_norm {kind}" for kind in _NORMS))):
        used.add(f"size = {size}")
    if "value_dim" in used:
        used.add(f"value_size = {value_size}")
        value_size = "value_size"
    if "kv_heads" in used:
        used.add(f"shared = {shared}")
        shared = "shared"
    used.add("self.heads = heads")
    used.add("self.shared = shared", "kv_heads")
    used.add("self.dropout = dropout", "dropout")
    used.add("self.scale = scale", "scale")
    used.add("self.causal = causal", "causal")
    used.add("self.qk_norm = qk_norm", "qk_norm")
    heads_in = "dim" if fused and "key_dim" not in used else f"heads * {value_size}"
    if fused:
        split = any(used.named(f"{part}_bias") for part in _PROJECTIONS)
        width = "3 * dim" if "key_dim" not in used else "3 * heads * size"
        _linear(used, fused, "dim", width, ", bias=False" if split else _bias(used, "query"))
        for part in _PROJECTIONS:
            if name := used.named(f"{part}_bias"):
                used.add(f"self.{name} = nn.Parameter(torch.zeros({width.removeprefix('3 * ')}))")
    else:
        for part, given, made in (
            ("query", "dim", "heads * size"),
            ("key", context, f"{shared} * size"),
            ("value", values, f"{shared} * {value_size}"),
        ):
            _linear(used, used.named(part) or part, given, made, _bias(used, part))
    _linear(used, used.named("output") or "output", heads_in, units, _bias(used, "output"))
    used.add(_LEARNED_SCALE, "learned_scale")
    _norms(used)
    if "talking_heads" in used:
        used.add("self.talking_heads = talking_heads\nif talking_heads:")
        for part in ("talking_logits", "talking_weights"):
            _linear(used, used.named(part) or part, "heads", "heads", _bias(used, "talking"), "    ", points=False)
    _positions(used)
    used.add(_SHIFT, "shift")
    used.add(_TURNS, "rotary")
    return "\n".join(used.lines) + "\n"


_PROJECTIONS = ("query", "key", "value")
_NORMS = {"layer": "nn.LayerNorm", "rms": "nn.RMSNorm"}


def _norms(used: _Used) -> None:
    """The norms of queries and keys, of each kind that is used."""
    word = "if"
    for kind, norm in _NORMS.items():
        if f"qk_norm {kind}" in used:
            used.add(f'{word} qk_norm == "{kind}":')
            used.add(f"    self.query_norm = {norm}(size, eps=1e-6)\n    self.key_norm = {norm}(size, eps=1e-6)")
            word = "elif"


def _normed(used: _Used) -> None:
    """Queries and keys after their norms; the one without weights is applied first."""
    word = "if"
    if "qk_norm l2" in used:
        used.add('if self.qk_norm == "l2":\n    q, k = F.normalize(q, dim=-1), F.normalize(k, dim=-1)')
        word = "elif"
    if any(f"qk_norm {kind}" in used for kind in _NORMS):
        used.add(f"{word} self.qk_norm is not None:\n    q, k = self.query_norm(q), self.key_norm(k)")


def _bias(used: _Used, part: str) -> str:
    return f', bias="{part}" in bias' if "bias" in used else ""


def _positions(used: _Used) -> None:
    """The table of relative position biases."""
    if "window" not in used:
        return
    table, index = used.named("position_bias") or "position_bias", used.named("index")
    held = "nn.Parameter(table)"
    if "." in table:
        table, _, key = table.partition(".")
        held = f'nn.ParameterDict({{"{key}": table}})'
    places = "relative_positions(window)"
    used.add("self.window = window\nif window is not None:")
    used.add("    count = (2 * window[0] - 1) * (2 * window[1] - 1)")
    used.add("    table = torch.empty(count, heads)")
    used.add("    nn.init.trunc_normal_(table, std=0.02, a=-0.04, b=0.04)")
    used.add(f"    self.{table} = {held}")
    if index:
        used.add(f"    self.{index} = nn.Buffer({places}.flatten())")
    else:
        used.add(f"    self.index = nn.Buffer({places}, persistent=False)")


def _linear(used: _Used, name: str, given: str, made: str, bias: str, indent: str = "", *, points: bool = True) -> None:
    call, size = ("nn.Conv2d", ", 1") if points and "conv" in used else ("nn.Linear", "")
    line = f"{indent}self.{name} = {call}({given}, {made}{size}{bias})"
    if len(line) > 80:
        line = f"{indent}self.{name} = {call}(\n{indent}    {given}, {made}{size}{bias}\n{indent})"
    used.add(line)


def _forward(used: _Used) -> str:
    used.add("context = x if context is None else context", "context")
    context = "context" if "context" in used else "x"
    used.add(f"values = {context} if values is None else values", "values")
    values = "values" if "values" in used else context
    shared = "self.shared" if "kv_heads" in used else "self.heads"
    if used.named("fused"):
        _fused(used)
    else:
        for short, part, given, heads in (
            ("q", "query", "x", "self.heads"),
            ("k", "key", context, shared),
            ("v", "value", values, shared),
        ):
            used.add(f"{short} = {used.self(part)}({given}).unflatten(-1, ({heads}, -1)).transpose(-3, -2)")
    _normed(used)
    used.add(_TURNED, "rotary")
    used.add(_REPEATED, "kv_heads")
    scale = ""
    if "scale" in used:
        scale = ", scale=self.scale"
    if "learned_scale" in used:
        other = "self.scale" if "scale" in used else "None"
        used.add(_SCALED.format(other=other))
        scale = ", scale=scale"
    mask = _masks(used)
    _product(used, mask, scale)
    if "conv" in used:
        used.add("x = x.transpose(-2, -1).flatten(1, 2).unsqueeze(-1)")
        used.add(f"return {used.self('output')}(x).squeeze(-1).transpose(1, 2)")
    else:
        used.add(f"return {used.self('output')}(x.transpose(-3, -2).flatten(-2))")
    return "\n".join(used.lines) + "\n"


def _fused(used: _Used) -> None:
    """Queries, keys and values by one fused layer."""
    layer = used.self("fused")
    if "conv" in used:
        used.add(f"x = {layer}(x.transpose(1, 2).unsqueeze(-1)).squeeze(-1)")
        used.add("x = x.unflatten(1, (self.heads, 3, -1)).transpose(-2, -1)")
        used.add("q, k, v = x.unbind(2)")
        return
    product = f"{layer}(x)"
    if any(used.named(f"{part}_bias") for part in _PROJECTIONS):
        zeros = next(used.self(f"{part}_bias") for part in _PROJECTIONS if used.named(f"{part}_bias"))
        parts = [
            used.self(f"{part}_bias") if used.named(f"{part}_bias") else f"torch.zeros_like({zeros})"
            for part in _PROJECTIONS
        ]
        used.add(f"bias = torch.cat(({', '.join(parts)}))")
        product = f"F.linear(x, {layer}.weight, bias)"
    used.add(f"qkv = {product}.unflatten(-1, (3, self.heads, -1))")
    used.add("q, k, v = qkv.transpose(-4, -2).unbind(-3)")


def _masks(used: _Used) -> bool:
    """Sums the biases of the logits as ``bias``; returns whether there are any."""
    if not any(feature in used for feature in ("window", "logit_bias")):
        return False
    used.add("bias: Tensor | None = None")
    if "window" in used:
        table, _, key = (used.named("position_bias") or "position_bias").partition(".")
        rows = f'self.{table}["{key}"]' if key else f"self.{table}"
        square = ".unflatten(0, (x.shape[-2], -1))" if used.named("index") else ""
        used.add("if self.window is not None:")
        used.add(f"    bias = {rows}[{used.self('index')}]{square}.permute(2, 0, 1)")
    used.add(_SHIFT_BIAS, "window", "shift")
    used.add(_LOGIT_BIAS, "logit_bias")
    if "causal" in used and "talking_heads" not in used:
        used.add(_CAUSAL_BIAS)
    return True


def _product(used: _Used, mask: bool, scale: str) -> None:
    dropped = "self.dropout if self.training else 0.0"
    if "talking_heads" in used:
        factor = "scale" if "learned_scale" in used else "self.scale" if "scale" in used else "None"
        used.add(_TALKING.format(factor=factor))
        if mask:
            used.add("if bias is not None:\n    logits = logits + bias")
        logits, weights = used.self("talking_logits"), used.self("talking_weights")
        used.add(f"if self.talking_heads:\n    logits = {logits}(logits.transpose(-3, -1)).transpose(-3, -1)")
        used.add(
            _HIDDEN,
            "causal",
        )
        used.add("weights = logits.softmax(-1)")
        used.add(f"if self.talking_heads:\n    weights = {weights}(weights.transpose(-3, -1)).transpose(-3, -1)")
        used.add("weights = F.dropout(weights, self.dropout, self.training)", "dropout")
        used.add("x = weights @ v")
        return
    options = ", attn_mask=bias" if mask else ""
    if "dropout" in used:
        options += ", dropout_p=dropout"
        used.add(f"dropout = {dropped}")
    if "causal" in used and not mask:
        options += ", is_causal=self.causal"
    options += scale
    line = f"x = F.scaled_dot_product_attention(q, k, v{options})"
    if len(line) > 80:
        line = f"x = F.scaled_dot_product_attention(\n    q, k, v{options}\n)"
    used.add(line)


_HIDDEN = """if self.causal:
    hidden = torch.ones_like(logits, dtype=torch.bool).triu(1)
    logits = logits.masked_fill(hidden, -torch.inf)"""
_LEARNED_SCALE = """self.learned_scale = learned_scale
if learned_scale:
    self.logit_scale = nn.Parameter(torch.full((heads, 1, 1), math.log(10)))"""
_REPEATED = """if self.shared != self.heads:
    k = k.repeat_interleave(self.heads // self.shared, dim=-3)
    v = v.repeat_interleave(self.heads // self.shared, dim=-3)"""
_SCALED = """scale = {other}
if self.learned_scale:
    q, scale = q * self.logit_scale.clamp(max=math.log(100)).exp(), 1.0"""
_TALKING = """factor = {factor}
factor = q.shape[-1] ** -0.5 if factor is None else factor
logits = q * factor @ k.transpose(-2, -1)"""
_SHIFT = """self.shifted = window is not None and map_size is not None and any(shift)
if self.shifted:
    mask = shift_mask(window, map_size, shift)[:, None]
    self.mask = nn.Buffer(mask, persistent=False)"""
_SHIFT_BIAS = """    if self.shifted:
        bias = bias + self.mask"""
_LOGIT_BIAS = """if logit_bias is not None:
    missing = (1,) * (q.dim() - logit_bias.dim())
    given = logit_bias.reshape(-1, *missing, *logit_bias.shape[1:])
    bias = given if bias is None else bias + given"""
_CAUSAL_BIAS = """if self.causal:
    hidden = torch.full((q.shape[-2],) * 2, -torch.inf, device=q.device).triu(1)
    bias = hidden if bias is None else bias + hidden"""
_TURNS = """self.rotary = rotary is not None
if rotary is not None:
    self.turns = nn.Buffer(
        rotary_angles(rotary, size, base, interleaved), persistent=False
    )
    self.interleaved = interleaved"""
_TURNED = """if self.rotary:
    q, k = (rotate(x, self.turns, self.interleaved) for x in (q, k))"""
