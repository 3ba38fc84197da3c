"""Whole programs that are right: every construct of the language, around calls of ops that fit.

A ``Writer`` follows the shape of what flows and writes only what can be proved of it. The choices come from a random
generator, so that hypothesis can shrink them and a seed repeats them.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from random import Random

from archdsl.graph.dims import Shape
from archdsl.ops.registry import OPS
from tests.computed import COMPUTED
from tests.fuzz.calls import Step, call, literal
from tests.fuzz.domains import needs_positive

_JOINS = tuple(name for name, op in COMPUTED.items() if op.joins)
_CALLS = tuple(name for name, op in COMPUTED.items() if not op.joins)
_SHAPES: tuple[Shape, ...] = (
    *((8, 8, 4), (8, 8, 4), (6, 4, 2), (4, 4, 8), (12, 12, 3), (7, 5, 6)),  # maps
    *((16, 8), (9, 4), (12,), (8,), (4, 4, 4, 2)),  # tokens or signals, vectors, volumes
)
PRELUDE = """from std.conv import ConvBNAct, ConvBN as Project

let widths = [4, 8, ...[6, 2]]
let rows = table {
  filters  k  name  rate
  4        1  "a"   0.0
  (2 * 3)  3  b     -0.5
}
let b = "b"
let deep = [[i * j for i, j in zip([1, 2], [3, 4]) if i > 0 and not j == 0], [0]]
let flat = [...row for row in deep if len(row) > 1]
let nested = [i + k * x for i, k, row in enumerate(zip([1, 2], deep)) for x in row if x != 0]

fn half(x: int) = x // 2
fn third(x: int, of: list[int] = sorted(unique([3, 2, 3]))) {
  let parts = of[1]
  let rest = x % parts

  (x - rest) // parts
}
fn norm(kind: str, eps: float = 1e-3) = batch_norm(eps=eps) if kind == "batch" else layer_norm

block Head(units: int in [10, ...widths], act: op in [id, relu] = id) where units % 2 == 0
    :: [_] -> [units] {
  dense(units) -> act
}

model Open :: [?, w, 3] -> [_, w / 2, 4] { conv(4, stride=2) as half :: [_, w / 2, 4] -> residual { conv(4) } }
"""


class Writer:
    """Writes one program; ``declarations`` are the blocks that its model came to need.

    Every program favours one op, so that as many as there are ops have them all.
    """

    def __init__(self, random: Random, favoured: int | None = None) -> None:
        self.random = random
        self.favoured = random.choice(_CALLS) if favoured is None else _CALLS[favoured % len(_CALLS)]
        self.declarations: list[str] = []
        self._numbers = count(1)
        self._steps: tuple[Callable[[Shape, int], Step | None], ...] = (
            *(self.op, self.op, self.op, self.op, self.fan_out, self.concat, self.matmul, self.residual, self.repeat),
            *(
                self.each,
                self.rows,
                self.choose,
                self.nest,
                self.tapped,
                self.spread,
                self.several,
                self.ports,
                self.block,
                self.claim,
            ),
            *(self.library, self.typed, self.back_and_forth, self.gate),
        )

    def program(self) -> str:
        """A module with a model ``Net``, a variant ``NetS`` and checks; the model has parameters and facts."""
        shape, first = self.start()
        rest = self.flow(first.shape, 3, self.random.randint(2, 6))
        flow = Step(f"{first.text}\n  -> {rest.text}", rest.shape)
        shared = ""
        if self.random.random() < 0.3 and len(flow.shape) == 1:
            size, units = flow.shape[0], self.random.choice((2, 3))
            name = self.name("Tower")
            self.declarations.append(f"block {name} :: [n] -> [{units}] {{ dense({units}) }}")
            shared = f"  shared tower = {name}\n"
            text = f"{flow.text}\n  -> add {{ tower, {{ dense({size}) -> tower }} }}"
            flow = Step(text, (units,))
        out = "[...]" if self.random.random() < 0.1 and flow.shape == shape else self.shape(flow.shape)
        given = f"[{', '.join(map(self.number, shape))}]"
        parts = [
            PRELUDE,
            *self.declarations,
            "## A model that nobody drew.\n"
            f"model Net(rate: float = 0.1, act: op = relu) :: {given} -> {out if out != '[...]' else given} {{\n"
            f'  about {{ year = 2020, paper = "none" }}\n  let more = {self.number(3)}\n{shared}\n'
            f"  {flow.text}\n  -> if more > 2 {{ dropout(rate) -> act }}\n}}\n",
            "model NetS = Net(rate=0.5, act=leaky_relu(0.2)) about { year = 2021 }",
            f"check Net() :: {literal(shape)} -> {literal(flow.shape)}, params >= 0, depth <= 1_000",
            "check Head(10) :: [63] -> [10], params == 640, macs ~= 0.6k",
            "check half(9) == 4, [1, 2, 3][1:] == [2, 3], -2 ** 2 < 0, 6 in widths or false, nested == [3, 8]",
        ]
        return "\n".join(parts)

    def start(self) -> tuple[Shape, Step]:
        """A shape that flows into the model, and a first step: the favoured op if one is found that it takes."""
        for shape in self.random.sample(_SHAPES, len(_SHAPES)):
            step = call(self.favoured, self.random, shape)
            if step is not None:
                return shape, step
        return _SHAPES[0], Step("id", _SHAPES[0])

    # --- small parts ---

    def name(self, stem: str) -> str:
        return f"{stem}{next(self._numbers)}"

    def number(self, n: object) -> str:
        """An int as an expression whose value it is."""
        if not isinstance(n, int):
            return str(n)
        return self.random.choice(
            (
                *(
                    str(n),
                    str(n),
                    str(n),
                    f"({n - 1} + 1)",
                    f"{n} * 1",
                    f"(half({2 * n}))",
                    f"max(1, {n})",
                    f"[0, {n}][-1]",
                ),
                *(
                    f"[x for x in [{n}]][0]",
                    f"({n} if true else 0)",
                    f"sum([{n - 1}, 1])",
                    f"-(-{n})",
                    f"len([0] * {n})",
                ),
                *(f"{3 * n} // 3", f"rows[0].filters * {n} // 4", f"[9, {n}, 9][1:2][0]", f"(deep[1][0] + {n})"),
                *(
                    f"third({3 * n})",
                    f"(flat[0] - 3 + {n})",
                    f"count([{n}] * {n}, {n})",
                    f"len(sum([[0], [0] * {n}])[1:])",
                ),
            )
        )

    def shape(self, shape: Shape) -> str:
        """The shape as a claim may state it."""
        return f"[{', '.join('_' if self.random.random() < 0.3 else self.number(dim) for dim in shape)}]"

    def flow(self, shape: Shape, depth: int, steps: int) -> Step:
        """Several steps in a row."""
        texts: list[str] = []
        for _ in range(steps):
            step = self.step(shape, depth)
            texts.append(step.text)
            shape = step.shape
        return Step("\n  -> ".join(texts), shape)

    def step(self, shape: Shape, depth: int) -> Step:
        """One step of any kind; what holds others only as long as ``depth`` allows."""
        for _ in range(8):
            kind = self.random.choice(self._steps) if depth else self.op
            step = kind(shape, depth - 1)
            if step is not None:
                return step
        return Step("id", shape)

    def keeping(self, shape: Shape, depth: int) -> Step:
        """A step out of which the same shape comes."""
        for _ in range(6):
            step = self.step(shape, depth)
            if step.shape == shape:
                return step
        return Step("relu", shape)

    # --- steps ---

    def op(self, shape: Shape, depth: int) -> Step | None:
        return call(self.random.choice(_CALLS), self.random, shape)

    def fan_out(self, shape: Shape, depth: int) -> Step | None:
        join = self.random.choice([name for name in _JOINS if name not in ("concat", "matmul")])
        branches = [self.keeping(shape, depth).text, "id", self.keeping(shape, depth).text]
        branches = branches[: OPS[join].arity[1] or self.random.randint(2, 3)]
        if needs_positive(OPS[join]()):
            branches = [f"{branch} -> sigmoid" for branch in branches]
        if self.random.random() < 0.5:
            lines = "\n".join(f"    part{i}: {branch}" for i, branch in enumerate(branches))
            return Step(f"{join} {{\n{lines}\n  }}", shape)
        return Step(f"{join} {{ {', '.join(branches)} }}", shape)

    def concat(self, shape: Shape, depth: int) -> Step | None:
        branches = [self.keeping(shape, depth).text for _ in range(self.random.randint(2, 3))]
        axis = self.random.randrange(len(shape))
        out = tuple(dim * len(branches) if i == axis else dim for i, dim in enumerate(shape))
        at = "" if axis == len(shape) - 1 else f"(axis={axis})"
        return Step(f"concat{at} {{ {', '.join(branches)} }} -> {self._less(out)}", out) if max(out) < 40 else None

    @staticmethod
    def _less(shape: Shape) -> str:
        return "relu" if shape else "id"

    def matmul(self, shape: Shape, depth: int) -> Step | None:
        if len(shape) != 2:
            return None
        return Step("matmul(transpose_b=true) { id, id }", (shape[0], shape[0]))

    def gate(self, shape: Shape, depth: int) -> Step | None:
        """A join that stretches what was pooled."""
        if len(shape) != 3:
            return None
        join, pooled = self.random.choice(("add", "mul")), self.random.choice(("global_avg_pool", "global_max_pool"))
        row = self.random.choice(("", " -> sigmoid", f" -> dense({shape[-1]}, trainable=false)", " -> dense(1)"))
        return Step(
            f"{join}(broadcast=true) {{ {self.keeping(shape, depth).text}, {pooled}(keepdims=true){row} }}", shape
        )

    def residual(self, shape: Shape, depth: int) -> Step | None:
        how = self.random.choice(("", "(drop=0.1)", "(when=2 > 1)", "(drop=0.2, when=false)"))
        return Step(f"residual{how} {{ {self.keeping(shape, depth).text} }}", shape)

    def repeat(self, shape: Shape, depth: int) -> Step | None:
        rounds = self.random.randint(0, 3)
        if self.random.random() < 0.5:
            return Step(f"repeat {self.number(rounds)} {{ {self.keeping(shape, depth).text} }}", shape)
        name = self.name("i")
        return Step(f"repeat {rounds} as {name} {{ if {name} > 0 {{ {self.keeping(shape, depth).text} }} }}", shape)

    def each(self, shape: Shape, depth: int) -> Step | None:
        units = self.random.choices((2, 4, 6), k=self.random.randint(1, 2))
        name, index = self.name("u"), self.name("j")
        body = f"dense({name}, bias={index} < 1)"
        return Step(f"for {index}, {name} in enumerate({units}) {{ {body} }}", (*shape[:-1], units[-1]))

    def rows(self, shape: Shape, depth: int) -> Step | None:
        if not 2 <= len(shape) <= 4:
            return None
        row = self.name("r")
        text = (
            f'for {row} in rows {{ conv({row}.filters, k={row}.k) -> if {row}.name != "a" {{ tanh }} else {{ id }} }}'
        )
        return Step(text, (*shape[:-1], 6))

    def choose(self, shape: Shape, depth: int) -> Step | None:
        yes, no = self.step(shape, depth), self.step(shape, depth)
        if self.random.random() < 0.5:
            return Step(f"if len(widths) == 4 {{ {yes.text} }} else {{ {no.text} }}", yes.shape)
        return Step(f"if 1 > 2 {{ {yes.text} }} else if half(4) == 2 {{ {no.text} }} else {{ id }}", no.shape)

    def nest(self, shape: Shape, depth: int) -> Step | None:
        inner = self.flow(shape, depth, 2)
        return Step(f"{self.random.choice(('', '', 'float32 '))}{{ {inner.text} }}", inner.shape)

    def tapped(self, shape: Shape, depth: int) -> Step | None:
        """A long skip: to a name, or from it in a branch."""
        tap, keeping = self.name("t"), self.keeping(shape, depth)
        end = self.random.choice((f"add({tap})", f"maximum {{ id, {{ {tap} -> sigmoid }} }}"))
        return Step(f"id as {tap} -> {keeping.text} -> {end}", shape)

    def spread(self, shape: Shape, depth: int) -> Step | None:
        """All rounds of a loop are joined."""
        tap, rounds = self.name("y"), self.random.randint(1, 3)
        start = self.name("x")
        end = self.random.choice((f"add {{ {start}, ...{tap} }}", f"average({start}, ...{tap})"))
        return Step(
            f"id as {start} -> repeat {rounds} {{ {self.keeping(shape, depth).text} as {tap} }} -> {end}", shape
        )

    def several(self, shape: Shape, depth: int) -> Step | None:
        """Branches that a condition leaves out or not, and those that a loop makes; one at least is there."""
        kept = self.keeping(shape, depth).text
        made = [
            f"...if {self.number(3)} > {self.random.randint(1, 4)} {{ {self.keeping(shape, depth).text} }}",
            f"...if 1 > 2 {{ relu }} else if {self.random.choice(('true', 'false'))} {{ {kept} }}",
            f"...repeat {self.number(self.random.randint(0, 2))} {{ {self.keeping(shape, depth).text} }}",
        ]
        branches = [*self.random.sample(made, 2), self.keeping(shape, depth).text]
        self.random.shuffle(branches)
        if self.random.random() < 0.5:
            branches = [f"part{i}: {branch}" for i, branch in enumerate(branches)]
        join = self.random.choice(("add", "average", "maximum"))
        lines = "\n".join(f"    {branch}" for branch in branches)
        return Step(f"{join} {{\n{lines}\n  }}", shape)

    def ports(self, shape: Shape, depth: int) -> Step | None:
        """Two tensors flow together into a block that takes both."""
        if self.random.random() < 0.4:
            return self.listed(shape, depth)
        block, tap = self.name("Pair"), self.name("p")
        dims = ", ".join(f"d{i}" for i in range(len(shape)))
        self.declarations.append(
            f"block {block} :: (one: [{dims}], other: [...]) -> (one: [{dims}], other: [...]) {{\n"
            f"  ports {{ one: one -> add(other)  other: other }}\n}}"
        )
        first, second = self.keeping(shape, depth).text, self.keeping(shape, depth).text
        return Step(
            f"ports {{\n    one: {first}\n    other: {second}\n  }}"
            f" -> {block} as {tap} -> {{ {tap}.one -> mul({tap}.other) }}",
            shape,
        )

    def listed(self, shape: Shape, depth: int) -> Step:
        """A list of tensors flows into a block that takes any number."""
        block, tap = self.name("All"), self.name("p")
        dims = ", ".join(f"d{i}" for i in range(len(shape)))
        self.declarations.append(
            f"block {block} :: (all: ...[{dims}]) -> (all: ...[{dims}]) {{\n"
            f"  ports {{ all: ...for x, n in zip(all, d0) {{ x -> if n > 0 {{ add(all[0]) }} }} }}\n}}"
        )
        inner, made = self.keeping(shape, depth).text, f"[{tap}_0, {tap}_1]"
        made = self.random.choice((made, f"reversed({made})"))
        return Step(
            f"{{ id as {tap}_0 -> {{ {inner} }} as {tap}_1\n  -> ports {{ all: ...{made} }} -> {block} as {tap}\n"
            f"  -> {{ {tap}.all[1] -> add {{ ...{tap}.all }} }} }}",
            shape,
        )

    def block(self, shape: Shape, depth: int) -> Step | None:
        name, width = self.name("Unit"), self.random.choice((2, 4, 6))
        doc = "## A unit.\n" if self.random.random() < 0.5 else ""
        body = "dense(width) -> norm(kind) -> act"
        self.declarations.append(
            f'{doc}block {name}(width: int, act: op = relu, kind: str = "batch") :: [..., c] -> [..., width] {{\n'
            f"  let wide = 2 * c\n\n  dense(wide) -> {body}\n}}"
        )
        arguments = self.random.choice(("", ", act=elu(0.5)", ', kind="layer"', ", act=id"))
        return Step(f"{name}({self.number(width)}{arguments})", (*shape[:-1], width))

    def claim(self, shape: Shape, depth: int) -> Step | None:
        step = self.step(shape, depth)
        return Step(f"{{ {step.text} }} :: {self.shape(step.shape)}", step.shape)

    def library(self, shape: Shape, depth: int) -> Step | None:
        if len(shape) != 3:
            return None
        return Step(self.random.choice(("ConvBNAct(4, k=3)", "Project(4)")), (*shape[:-1], 4))

    def back_and_forth(self, shape: Shape, depth: int) -> Step | None:
        """A map becomes tokens or windows, and a map again."""
        if len(shape) != 3 or shape[0] % 2 or shape[1] % 2:
            return None
        grid = literal(shape[:2])
        inner = self.random.choice(("layer_norm", "attention(1)", "relu"))
        there, back = self.random.choice(
            (("flatten_spatial", f"unflatten_spatial({grid})"), ("window_partition(2)", f"window_merge(2, {grid})"))
        )
        return Step(f"{there} -> {inner} -> {back}", shape)

    def typed(self, shape: Shape, depth: int) -> Step | None:
        """A block without a signature, with parameters of the rarer types and a tensor among them."""
        name, tap = self.name("Skip"), self.name("s")
        self.declarations.append(
            f"block {name}(skip: tensor, n: int | list[int], start: init = he_normal, more: list = [], f: float = 1)"
            " {\n"
            f"  add(skip) -> dense({shape[-1]}, init=start, l2=1e-4 * f) -> repeat len(more) {{ relu }}\n}}"
        )
        given = self.random.choice(("3", "[1, 2], more=[[], 1]", "n=2, start=truncated_normal(0.02)"))
        return Step(f"id as {tap} -> {name}({tap}, {given})", shape)
