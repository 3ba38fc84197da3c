"""Graphs from a few lines, for tests that need one without the elaborator.

>>> b = Builder("Tiny", image=(8, 8, 3))
>>> with b.block("stem", called("ConvBN", filters=4)):
...     x = b("image", op("conv", filters=4), name="conv")
>>> [node.path for node in b.graph(logits=x)]
['stem.conv']
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph, Instance, Node, Origin, Port
from archdsl.ops.base import Op
from archdsl.ops.call import NOTHING, Argument, Call, Value
from archdsl.ops.registry import OPS

ORIGIN = Origin(file="test.arch", line=1, column=1, start=0, end=1)


def called(block: str, **arguments: Value) -> Call:
    """The call of a block, with the first argument bare."""
    return Call(block, tuple(Argument(name, value, bare=not n) for n, (name, value) in enumerate(arguments.items())))


def op(name: str, **arguments: Any) -> Op:
    return OPS[name](**arguments)


class Builder:
    """Collects nodes and instances in the order in which they are written; shapes come from the ops' rules."""

    def __init__(self, name: str, /, **inputs: Shape) -> None:
        self.name = name
        self.inputs = tuple(Port(name=key, shape=shape, node=key) for key, shape in inputs.items())
        self.shapes = {port.name: port.shape for port in self.inputs}
        self.nodes: list[Node] = []
        self.instances = [
            Instance(path="", kind="model", block=name, call=Call(name), parent=None, origin=ORIGIN, doc=f"The {name}.")
        ]
        self._stack = [0]

    @contextmanager
    def block(self, name: str, call: Call = NOTHING, doc: str = "") -> Iterator[None]:
        """A block instance at ``name`` below the current one, or a group when it has no call."""
        above = self.instances[self._stack[-1]]
        kind: Literal["block", "group"] = "block" if call else "group"
        self.instances.append(
            Instance(
                path=f"{above.path}.{name}" if above.path else name,
                kind=kind,
                block=call.callee or name,
                call=call,
                parent=self._stack[-1],
                origin=ORIGIN,
                doc=doc,
                named=not name.isdecimal() and name != call.callee,
            )
        )
        self._stack.append(len(self.instances) - 1)
        yield
        self._stack.pop()

    def __call__(self, *args: Any, name: str = "", layer: str = "") -> str:
        """``b(*inputs, op)``: applies the op and gives the path of the new node."""
        *inputs, what = args
        above = self.instances[self._stack[-1]].path
        path = f"{above}.{name or what.name}" if above else name or what.name
        shape = what.shape(*(self.shapes[i] for i in inputs))
        self.shapes[path] = shape
        self.nodes.append(
            Node(
                path=path,
                op=what,
                inputs=tuple(inputs),
                shape=shape,
                instance=self._stack[-1],
                origin=ORIGIN,
                layer=layer or path,
                named=name not in ("", what.name),
            )
        )
        return path

    def graph(self, **outputs: str) -> Graph:
        return Graph(
            name=self.name,
            inputs=self.inputs,
            outputs=tuple(Port(name=key, shape=self.shapes[node], node=node) for key, node in outputs.items()),
            nodes=tuple(self.nodes),
            instances=tuple(self.instances),
            doc=f"The {self.name}.",
            about=(("paper", "arXiv:1512.03385"), ("year", 2015), ("imagenet_top1", 76.1), ("pretrained", False)),
        )


def conv_bn(b: Builder, x: str, name: str, filters: int, *, k: int = 3, stride: int = 1, act: bool = True) -> str:
    """A block of conv, batch_norm and, if ``act``, relu."""
    kind = "ConvBNAct" if act else "ConvBN"
    strided: dict[str, Value] = {"stride": stride} if stride > 1 else {}
    with b.block(name, called(kind, filters=filters, k=k, **strided)):
        x = b(x, op("conv", filters=filters, k=k, stride=stride, bias=False))
        x = b(x, op("batch_norm"))
        return b(x, op("relu")) if act else x


def bottleneck(b: Builder, x: str, name: str, width: int, stride: int = 1) -> str:
    """He et al. 2015, figure 5, with the groups that labelled branches make."""
    strided: dict[str, Value] = {"stride": stride} if stride > 1 else {}
    channels = b.shapes[x][-1]
    with b.block(name, called("Bottleneck", width=width, **strided), doc="1x1 reduce, 3x3, 1x1 expand."):
        with b.block("main"):
            y = conv_bn(b, x, "0", width, k=1)
            y = conv_bn(b, y, "1", width, stride=stride)
            y = conv_bn(b, y, "2", 4 * width, k=1, act=False)
        skip = x
        if stride > 1 or channels != 4 * width:
            skip = conv_bn(b, x, "skip", 4 * width, k=1, stride=stride, act=False)
        return b(b(y, skip, op("add")), op("relu"))


def resnet(depths: tuple[int, ...] = (3, 4, 6, 3), size: int | Any = 224) -> Graph:
    """ResNet as the paper's table has it: ResNet-50 unless told otherwise."""
    b = Builder("ResNet", image=(size, size, 3))
    x = conv_bn(b, "image", "stem", 64, k=7, stride=2)
    x = b(x, op("max_pool", k=3, stride=2))
    for stage, depth in enumerate(depths):
        width = 64 * 2**stage
        first: dict[str, Value] = {"stride": 1} if stage == 0 else {}
        with b.block(f"c{stage + 2}", called("Stage", width=width, depth=depth, **first)):
            for i in range(depth):
                x = bottleneck(b, x, str(i), width, stride=2 if stage and i == 0 else 1)
    x = b(x, op("global_avg_pool"))
    return b.graph(logits=b(x, op("dense", units=1000), name="head"))


def tower(size: int | Any = 32) -> Graph:
    """Only convolutions: two inputs that share weights, a skip, two outputs."""
    b = Builder("Tower", left=(size, size, 3), right=(size, size, 3))
    with b.block("features", called("Features", width=8), doc="The same weights for both."):
        left = b("left", op("conv", filters=8, stride=2), name="conv")
    with b.block("features_2", called("Features", width=8)):
        right = b("right", op("conv", filters=8, stride=2), name="conv", layer="features.conv")
    with b.block("deep"):
        deep = b(left, op("conv", filters=8, k=1, bias=False), name="0")
        deep = b(deep, op("conv", filters=4, k=(3, 1), pad=((1, 1), 0), groups=2), name="1")
    return b.graph(deep=deep, right=right)
