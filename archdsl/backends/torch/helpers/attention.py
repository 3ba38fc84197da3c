"""The class of attention, with the lines that a model needs of it."""

from __future__ import annotations

_HEAD = '''
class Attention(nn.Module):
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
    """The features that are used, and the lines that they bring."""

    def __init__(self, features: frozenset[str]) -> None:
        self._features = features
        self.lines: list[str] = []

    def __contains__(self, feature: str) -> bool:
        return feature in self._features

    def add(self, text: str, *features: str) -> None:
        """Lines that stand where all of some features are used."""
        if self._features.issuperset(features):
            self.lines += [f"        {line}" if line else "" for line in text.splitlines()]


def attention(features: frozenset[str]) -> str:
    """The class, with these features."""
    if "map" in features:
        features |= {"shift"}
    arguments = "".join(f"        {text},\n" for name, text in _DEFAULTS.items() if name in features)
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
    text = head.format(
        doc=doc, arguments=arguments, init=_init(_Used(features)), inputs=inputs, forward=_forward(_Used(features))
    )
    extra = "".join(
        text for name, text in (("window", _POSITIONS), ("shift", _MASK), ("rotary", _ROTARY)) if name in features
    )
    return extra + text


def _init(used: _Used) -> str:
    size = "key_dim or dim // heads" if "key_dim" in used else "dim // heads"
    value_size = "value_dim or size" if "value_dim" in used else "size"
    shared = "kv_heads or heads" if "kv_heads" in used else "heads"
    context = "context_dim or dim" if "context_dim" in used else "dim"
    values = f"values_dim or {context}" if "values_dim" in used else context
    units = "units or dim" if "units" in used else "dim"

    def bias(part: str) -> str:
        return f', bias="{part}" in bias' if "bias" in used else ""

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
    _linear(used, "query", "dim", "heads * size", bias("query"))
    _linear(used, "key", context, f"{shared} * size", bias("key"))
    _linear(used, "value", values, f"{shared} * {value_size}", bias("value"))
    _linear(used, "output", f"heads * {value_size}", units, bias("output"))
    used.add(_LEARNED_SCALE, "learned_scale")
    used.add(_QK_NORM, "qk_norm")
    if "talking_heads" in used:
        used.add("self.talking_heads = talking_heads\nif talking_heads:")
        for part in ("logits", "weights"):
            _linear(used, f"talking_{part}", "heads", "heads", bias("talking"), "    ")
    used.add(_WINDOW, "window")
    used.add(_SHIFT, "shift")
    used.add(_TURNS, "rotary")
    return "\n".join(used.lines) + "\n"


def _linear(used: _Used, name: str, given: str, made: str, bias: str, indent: str = "") -> None:
    line = f"{indent}self.{name} = nn.Linear({given}, {made}{bias})"
    if len(line) > 80:
        line = f"{indent}self.{name} = nn.Linear(\n{indent}    {given}, {made}{bias}\n{indent})"
    used.add(line)


def _forward(used: _Used) -> str:
    used.add("context = x if context is None else context", "context")
    context = "context" if "context" in used else "x"
    used.add(f"values = {context} if values is None else values", "values")
    values = "values" if "values" in used else context
    shared = "self.shared" if "kv_heads" in used else "self.heads"
    used.add("q = self.query(x).unflatten(-1, (self.heads, -1)).transpose(-3, -2)")
    used.add(f"k = self.key({context}).unflatten(-1, ({shared}, -1)).transpose(-3, -2)")
    used.add(f"v = self.value({values}).unflatten(-1, ({shared}, -1)).transpose(-3, -2)")
    used.add(_NORMED, "qk_norm")
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
    used.add("return self.output(x.transpose(-3, -2).flatten(-2))")
    return "\n".join(used.lines) + "\n"


def _masks(used: _Used) -> bool:
    """Adds up what goes to the logits, as ``bias``; whether there is such."""
    if not any(feature in used for feature in ("window", "logit_bias")):
        return False
    used.add("bias: Tensor | None = None")
    used.add(_WINDOW_BIAS, "window")
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
        used.add("if self.talking_heads:\n    logits = self.talking_logits(logits.movedim(-3, -1)).movedim(-1, -3)")
        used.add(
            _HIDDEN,
            "causal",
        )
        used.add("weights = logits.softmax(-1)")
        used.add("if self.talking_heads:\n    weights = self.talking_weights(weights.movedim(-3, -1)).movedim(-1, -3)")
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
_QK_NORM = """if qk_norm == "layer":
    self.query_norm = nn.LayerNorm(size, eps=1e-6)
    self.key_norm = nn.LayerNorm(size, eps=1e-6)
elif qk_norm == "rms":
    self.query_norm = nn.RMSNorm(size, eps=1e-6)
    self.key_norm = nn.RMSNorm(size, eps=1e-6)"""
_NORMED = """if self.qk_norm == "l2":
    q, k = F.normalize(q, dim=-1), F.normalize(k, dim=-1)
elif self.qk_norm is not None:
    q, k = self.query_norm(q), self.key_norm(k)"""
_REPEATED = """if self.shared != self.heads:
    k = k.repeat_interleave(self.heads // self.shared, dim=-3)
    v = v.repeat_interleave(self.heads // self.shared, dim=-3)"""
_SCALED = """scale = {other}
if self.learned_scale:
    q, scale = q * self.logit_scale.clamp(max=math.log(100)).exp(), 1.0"""
_TALKING = """factor = {factor}
factor = q.shape[-1] ** -0.5 if factor is None else factor
logits = q * factor @ k.transpose(-2, -1)"""
_WINDOW = """self.window = window
if window is not None:
    count = (2 * window[0] - 1) * (2 * window[1] - 1)
    self.position_bias = nn.Parameter(torch.zeros(count, heads))
    self.index = nn.Buffer(relative_positions(window), persistent=False)"""
_SHIFT = """self.shifted = window is not None and map_size is not None and any(shift)
if self.shifted:
    mask = shift_mask(window, map_size, shift)[:, None]
    self.mask = nn.Buffer(mask, persistent=False)"""
_WINDOW_BIAS = """if self.window is not None:
    bias = self.position_bias[self.index].movedim(-1, 0)"""
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
_POSITIONS = '''
def relative_positions(window: tuple[int, int]) -> Tensor:
    """For two tokens of a window, the row of a table for how far apart they are."""
    h, w = window
    rows, columns = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    rows, columns = rows.flatten(), columns.flatten()
    down = rows[:, None] - rows + h - 1
    right = columns[:, None] - columns + w - 1
    return down * (2 * w - 1) + right

'''
_MASK = '''
def shift_mask(
    window: tuple[int, int], size: tuple[int, int], shift: tuple[int, int]
) -> Tensor:
    """-100 where one of two tokens of a window came around an edge: [windows, n, n]."""
    (a, b), (h, w) = window, size
    rows = (torch.arange(h) >= h - shift[0]).long()
    columns = (torch.arange(w) >= w - shift[1]).long()
    region = 2 * rows[:, None] + columns
    region = region.reshape(h // a, a, w // b, b).transpose(1, 2).reshape(-1, a * b)
    return (region[:, :, None] != region[:, None]) * -100.0

'''
_ROTARY = '''
def rotary_angles(
    places: tuple[int, ...], features: int, base: float, interleaved: bool
) -> Tensor:
    """The angles by which pairs of features turn: [places, features]."""
    share = features // 2 // len(places)
    speeds = base ** (-torch.arange(share, dtype=torch.float64) / share)
    grid = torch.cartesian_prod(*(torch.arange(n) for n in places))
    angles = (grid.reshape(-1, len(places), 1) * speeds).flatten(1)
    angles = angles.repeat_interleave(2, 1) if interleaved else angles.repeat(1, 2)
    return angles.float()


def rotate(x: Tensor, angles: Tensor, interleaved: bool) -> Tensor:
    """Turns pairs of features of the last tokens; those before them stay."""
    before, x = x.split([x.shape[-2] - angles.shape[0], angles.shape[0]], dim=-2)
    if interleaved:
        a, b = x.unflatten(-1, (-1, 2)).unbind(-1)
        turned = torch.stack((-b, a), dim=-1).flatten(-2)
    else:
        a, b = x.chunk(2, dim=-1)
        turned = torch.cat((-b, a), dim=-1)
    x = x * angles.cos().to(x.dtype) + turned * angles.sin().to(x.dtype)
    return torch.cat((before, x), dim=-2)

'''


def relative_position_bias() -> str:
    """The class of ``relative_position_bias``."""
    return _BIAS


_BIAS = '''
class RelativePositionBias(nn.Module):
    """A learned number for each head and difference of places: [1, heads, n, n]."""

    def __init__(self, heads: int, size: tuple[int, int]) -> None:
        super().__init__()
        h, w = size
        self.table = nn.Parameter(torch.zeros((2 * h - 1) * (2 * w - 1), heads))
        rows, columns = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
        rows, columns = rows.flatten(), columns.flatten()
        down = rows[:, None] - rows + h - 1
        right = columns[:, None] - columns + w - 1
        self.index = nn.Buffer(down * (2 * w - 1) + right, persistent=False)

    def forward(self) -> Tensor:
        return self.table[self.index].movedim(-1, 0)[None]
'''
