"""The transposed convolution, which enlarges a map by learned weights."""

from collections.abc import Sequence
from math import prod
from typing import Annotated, NamedTuple

from pydantic import Field

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Dim, Shape, elements
from archdsl.ops.base import Misfit, NonNegative, Positive, Wanted, Weight, known, per_axis, positive, spatial_rank
from archdsl.ops.convolution import ConvBase
from archdsl.ops.reach import WHOLE, Sight, resampled
from archdsl.ops.sliding import pad_pairs

OutputPad = Annotated[
    NonNegative | Annotated[tuple[NonNegative, ...], Field(min_length=1, max_length=3)],
    Wanted("an int of 0 or more, or a list with one for each spatial dimension"),
]


class Trim(NamedTuple):
    """What numeric padding removes from the whole ("valid") result along a dimension; negative ``after`` adds zeros."""

    before: int
    after: int


class ConvTranspose(ConvBase):
    """Transposed convolution: each input element adds a copy of the kernel to the output (Zeiler et al. 2010).

    The size of the output, for ``n`` elements, a kernel of ``k`` and stride ``s``:

    - "same": ``n * s``;
    - "valid": ``max((n - 1) * s + k, n * s)``;
    - numbers: ``(n - 1) * s + k - before - after + output_pad``, PyTorch's rule.

    MACs: ``input elements * taps * filters``.
    """

    name = "conv_transpose"
    aliases = (
        "Conv1DTranspose",
        "Conv2DTranspose",
        "Conv3DTranspose",
        "ConvTranspose2d",
        "deconv",
        "deconvolution",
        "transposed_conv",
        "upconv",
    )
    positional = ("filters", "k", "stride")
    example = "[28, 28, 128] -> [56, 56, 64]: conv_transpose(64, k=2, stride=2)"

    filters: Positive = Field(description="output channels")
    output_pad: OutputPad = Field(0, description="with a numeric `pad`: rows and columns added at the end")

    def trims(self, rank: int) -> tuple[Trim, ...]:
        """The difference of numeric padding from "valid" in each spatial dimension; empty if padding is by rule."""
        if isinstance(self.pad, str):
            return ()
        return tuple(
            Trim(before, after + max(k, s) - k - extra)
            for (before, after), k, s, extra in zip(
                pad_pairs(self.pad, rank),
                per_axis(self.k, rank, "k"),
                per_axis(self.stride, rank, "stride"),
                per_axis(self.output_pad, rank, "output_pad"),
                strict=True,
            )
        )

    def _check_output_pad(self, rank: int, strides: tuple[int, ...]) -> None:
        extras = per_axis(self.output_pad, rank, "output_pad")
        given = str(self.output_pad if isinstance(self.output_pad, int) else list(self.output_pad))
        reason = ""
        if isinstance(self.pad, str) and any(extras):
            reason = f'needs a `pad` in numbers, not "{self.pad}"'
        elif any(extra and extra >= s for extra, s in zip(extras, strides, strict=True)):
            reason = "is not smaller than the stride"
        if reason:
            raise Misfit(codes.OutputPadTooLarge, argument="output_pad", given=given, reason=reason)

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        rank = spatial_rank(x)
        taps, strides = self.taps(x), per_axis(self.stride, rank, "stride")
        self._check_output_pad(rank, strides)
        known(x[-1], "the channels")
        if self.pad == "same":
            return (*(n * s for n, s in zip(x, strides, strict=False)), self.filters)
        whole = tuple((n - 1) * s + max(k, s) for n, k, s in zip(x, taps, strides, strict=False))
        trims = self.trims(rank) or (Trim(0, 0),) * rank
        out = tuple(n - before - after for n, (before, after) in zip(whole, trims, strict=True))
        return (*positive(out, x, argument="pad"), self.filters)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        (x,) = inputs
        kernel = (*self.taps(x), self.filters, known(x[-1], "the channels"))
        return (Weight("kernel", kernel, self.trainable), *self.biases(self.filters))

    def macs(self, inputs: Sequence[Shape], output: Shape) -> Dim:
        x = inputs[0]
        return elements(x) * prod(self.taps(x)) * self.filters

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        x = inputs[0]
        taps, strides = self.taps(x), per_axis(self.stride, spatial_rank(x), "stride")
        cut = [trim.before for trim in self.trims(len(taps))] or [
            max(k - s, 0) // 2 if self.pad == "same" else 0 for k, s in zip(taps, strides, strict=True)
        ]
        # Input j adds to the outputs from j * s - before to j * s - before + k - 1; solved for j.
        seen = (resampled(1, s, before - k + s, before) for k, s, before in zip(taps, strides, cut, strict=True))
        return (*seen, WHOLE)
