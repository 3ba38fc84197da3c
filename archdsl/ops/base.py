"""The base class of ops: arguments, shape rule, weights, multiply-adds and documentation."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Dim, Shape, Sym, elements, show
from archdsl.ops.init import STARTS, Init
from archdsl.ops.reach import SAME, Layout, Sight


class Weight(NamedTuple):
    """A trainable or constant array that an op owns."""

    name: str
    shape: tuple[int, ...]
    trainable: bool = True


class Count(Weight):
    """An array of integers, where others are of floats."""

    __slots__ = ()


class OverPlaces(NamedTuple):
    """The spatial layout of an array's rows, so that it can be interpolated for a model of other sizes."""

    grid: tuple[int, ...]
    """Sizes of the grid; empty if it is the square that the rows make, after those of tokens without a place."""
    is_joined: bool
    """Whether the grid is one axis of the array, the first, in place of one for each dimension."""


class Misfit(Exception):
    """An op cannot take its inputs, or is unlikely to mean them. It has a code and values; the elaborator adds the
    place.

    ``argument`` names the argument at fault, if one is, so that the error points at it.
    """

    def __init__(
        self, code: type[Diagnostic], *, argument: str | None = None, help: Sequence[str] = (), **values: object
    ) -> None:
        super().__init__(code.code)
        self.code = code
        self.argument = argument
        self.help = tuple(help)
        self.values = values


class Wanted(NamedTuple):
    """An annotation of a field: the allowed values of the argument in words, for error messages."""

    words: str


INPUT: Final = frozenset[Literal["input", "output"]](["input"])
OUTPUT: Final = frozenset[Literal["input", "output"]](["output"])

NO_INPUT: Final = (0, 0)
"""The arity of an op that takes no tensor: a flow starts with it."""

Positive = Annotated[int, Field(gt=0, le=10_000_000), Wanted("a positive int")]
NonNegative = Annotated[int, Field(ge=0, le=10_000_000), Wanted("an int of 0 or more")]
Rate = Annotated[float, Field(ge=0, lt=1), Wanted("a fraction of at least 0 and below 1")]
Epsilon = Annotated[float, Field(gt=0, lt=1), Wanted("a small positive number")]
Sizes = Annotated[
    Positive | Annotated[tuple[Positive, ...], Field(min_length=1, max_length=3)],
    Wanted("a positive int, or a list with one for each spatial dimension"),
]
"""A number for every spatial dimension, or one for each: ``3`` or ``[3, 1]``."""


class Op(BaseModel):
    """Base of all ops. A subclass is registered under ``name`` and lowered by one function in each backend.

    ``shape`` and ``weights`` take the shapes of the inputs without the batch dimension, channels last. They raise
    ``Misfit`` when the inputs do not fit, and need not be called with a number of inputs outside ``arity``.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        defer_build=True,
        arbitrary_types_allowed=True,
    )

    name: ClassVar[str] = ""
    family: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    """What other libraries call it, for did-you-mean."""
    absent: ClassVar[Mapping[str, str]] = {}
    """Arguments that others have and it has not: what to write instead."""
    of_number: ClassVar[str] = ""
    """The step that does with a number what a join does with a tensor."""
    instead_of_open: ClassVar[str] = ""
    """What to write where an argument is a size that is known only when the model runs, which it cannot be."""
    positional: ClassVar[tuple[str, ...]] = ()
    """Arguments that may be given without their names, in order."""
    tensors: ClassVar[tuple[str, ...]] = ()
    """Names of arguments that are tensors: they become inputs after the flow's own, in this order."""
    stands_for: ClassVar[Mapping[str, int]] = {}
    """For a tensor argument that may be missing where a later one is given: the input that stands in its place."""
    only_with: ClassVar[Mapping[str, str]] = {}
    """For an argument that has an effect only where another one is above 0: that one."""
    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    """How many inputs at least and at most; ``None`` is any number."""
    joins: ClassVar[bool] = False
    """Whether the op merges the branches of a fan-out: ``add { … }``."""
    kind: ClassVar[str] = ""
    """What tables of shares count it under; its family, if empty."""
    depth: ClassVar[int] = 0
    """How many layers with weights lie on a path through it (convolution, dense), as papers count depth."""
    nonnegative: ClassVar[bool] = False
    """Whether the output is never below zero, whatever the input."""
    keeps_sign: ClassVar[bool] = False
    """Whether the output is not below zero where no input is."""
    sees_map: ClassVar[bool] = False
    """Whether each output depends on statistics of the whole map in addition to ``reach``, as in a group norm."""
    aligned: ClassVar[bool] = False
    """Whether the inputs are joined place by place, or one after the other: axes stand for the same in all of them."""
    squares: ClassVar[bool] = False
    """Whether a tensor joined with itself is ordinary: its square."""
    among_tokens: ClassVar[bool] = False
    """Whether what it mixes is the last axis but one, so that on a map the rows do not see each other."""
    elementwise: ClassVar[bool] = False
    """Whether the output can be written over an input of the same size that nothing else needs."""
    view: ClassVar[bool] = False
    """Whether the output is the input's numbers as they lie, or without an input its weights: it takes no memory."""
    shares_gradient: ClassVar[bool] = False
    """Whether the gradient of each input is that of the output itself, as it is for a sum."""
    backprop_reads: ClassVar[frozenset[Literal["input", "output"]]] = frozenset()
    """What the gradient is computed from, and so must be kept from the forward pass until then."""
    averages: ClassVar[bool] = False
    """Whether each output is a mean of places of its channel, with weights that add up to one and that all share."""
    interpolates: ClassVar[bool] = False
    """Whether it samples a map at places between: one of the size that it has already stays as it is."""
    only_in_training: ClassVar[bool] = False
    """Whether it passes its input on as it is in inference."""
    queries_apart: ClassVar[bool] = False
    """Whether the first input is queries: each row of it has its row of the output, whatever the others are."""
    computes: ClassVar[bool] = True
    """Whether what it computes is known, so that backends can build it."""
    masks: ClassVar[bool] = False
    """Whether the gradient needs a byte for each element of the output: what was dropped."""
    example: ClassVar[str] = ""
    """A line of a spec, and its shapes: ``[56, 56, 64] -> [28, 28, 128]: conv(128, k=3, stride=2)``."""
    registry: ClassVar[dict[str, "type[Op]"]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        if "name" in cls.__dict__:
            assert cls.name not in Op.registry, f"two ops are called {cls.name}"
            Op.registry[cls.name] = cls

    @model_serializer(mode="wrap")
    def _with_name(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {"op": self.name, **handler(self)}

    def shape(self, *inputs: Shape) -> Shape:
        """The output's shape: by default that of the input."""
        return inputs[0]

    @property
    def subtracts_mean(self) -> bool:
        """Whether it subtracts each channel's mean over the batch, which cancels a bias added just before."""
        return False

    def doubts(self, *inputs: Shape) -> Iterator[Misfit]:
        """Warnings about valid inputs and arguments that are almost never intended."""
        return iter(())

    def needs(self, *inputs: Shape) -> Shape:
        """Further sizes, besides those of the output, that must be positive integers for ``shape`` to hold."""
        return ()

    def looks_up(self, *inputs: Shape) -> Dim | None:
        """The number of rows of the table that the first input indexes; ``None`` if it is no index."""
        return None

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """The arrays that the op owns, in a fixed order."""
        return ()

    def lies_over(self, weight: str, *inputs: Shape) -> OverPlaces | None:
        """The spatial layout of an array of the op that has a row for each position."""
        return None

    def input_axis(self, weight: str) -> int | None:
        """The axis of an array of the op that corresponds to all input channels."""
        return None

    def macs(self, inputs: Sequence[Shape], output: Shape) -> Dim:
        """Multiply-adds for one example; convolution, dense, attention and matmul only, as papers count them."""
        return 0

    def activations(self, inputs: Sequence[Shape], output: Shape) -> Dim:
        """Output elements of layers with multiply-adds (Radosavovic et al. 2020, arXiv:2003.13678)."""
        return elements(output) if self.depth else 0

    def between(self, inputs: Sequence[Shape], output: Shape) -> Dim:
        """Elements of intermediate tensors that the gradient needs: queries, keys and logits of an attention."""
        return 0

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        """For each axis of the first input, the positions that an output depends on: by default its own.

        A join looks at its other inputs just so.
        """
        return (SAME,) * len(inputs[0])

    def carry(self, layout: Layout, inputs: Sequence[Shape], output: Shape) -> Layout:
        """The layout of the output, given that of the first input: the input axes that each of its axes represents."""
        return layout


class Weighted(Op):
    """An op that owns weights."""

    init: Init | None = Field(None, description="how the weights start; Keras's default when not given")
    bias_init: Init | None = Field(None, description="how the bias starts; zeros when not given")
    l2: float = Field(0.0, ge=0, description="weight of the L2 penalty on the kernel")
    trainable: bool = Field(True, description="whether training changes the weights")

    def start(self, weight: str) -> Init | None:
        """The initialiser of an array: ``bias_init`` for offsets, ``init`` for factors."""
        return self.bias_init if weight.rpartition("/")[2] in ("bias", "beta") else self.init


def without_starts(op: Op) -> Op:
    """The op with default initialisers, which do not matter once it is trained.

    >>> from archdsl.ops.linear import Dense
    >>> from archdsl.ops.init import Init
    >>> without_starts(Dense(units=4, init=Init(kind="zeros"))) == Dense(units=4)
    True
    """
    if not isinstance(op, Weighted):
        return op
    return op.model_copy(update={name: type(op).model_fields[name].default for name in STARTS})


def known(dim: Dim, what: str) -> int:
    """The integer value of a dimension, which owning weights requires; ``what`` is a phrase such as "the channels"."""
    if isinstance(dim, Sym) and dim.is_open:
        raise Misfit(codes.UnknownDimension, dimension=str(dim), what=what)
    return dim  # type: ignore[return-value]  # or a letter, while a definition is checked without a call


def spatial_rank(shape: Shape) -> int:
    """1 for ``[l, c]``, 2 for ``[h, w, c]``, 3 for ``[d, h, w, c]``."""
    if not 2 <= len(shape) <= 4:
        raise Misfit(codes.WrongRank, wanted="[l, c], [h, w, c] or [d, h, w, c]", shape=show(shape))
    return len(shape) - 1


def size_or_like(size: Sequence[Dim] | None, inputs: Sequence[Shape]) -> Sequence[Dim]:
    """The sizes given to an op, or those of the map that is its second input, whose channels do not matter.

    Raises ``Misfit`` without either, and with both.
    """
    if (size is None) == (len(inputs) < 2):
        given = "neither" if size is None else "both"
        raise Misfit(codes.WrongArity, wanted="a size, or a tensor by `like`", given=given)
    if size is not None:
        return size
    spatial_rank(inputs[1])
    return inputs[1][:-1]


def per_axis(value: int | tuple[int, ...], rank: int, argument: str) -> tuple[int, ...]:
    """One number per spatial dimension from an argument such as ``3`` or ``[3, 1]``."""
    if not isinstance(value, tuple):
        return (value,) * rank
    if len(value) != rank:
        raise Misfit(codes.WrongCount, argument=argument, name=argument, given=len(value), wanted=rank)
    return value


def positive(shape: Shape, *inputs: Shape, argument: str | None = None) -> Shape:
    """The shape, unless a dimension is not positive."""
    if any(dim <= 0 for dim in shape):
        raise Misfit(codes.EmptyDimension, argument=argument, shape=show(shape), input=", ".join(map(show, inputs)))
    return shape
