"""Attention inside windows, with relative position biases and the mask of shifted windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

MASKED = -100.0
"""What tokens that do not belong together get on their logits, as in Swin's own code."""


def relative_positions(window: tuple[int, int]) -> np.ndarray[Any, Any]:
    """For each pair of tokens of a window, the row of the bias table: one for each difference of places.

    >>> relative_positions((1, 3))
    array([[2, 1, 0],
           [3, 2, 1],
           [4, 3, 2]])
    """
    h, w = window
    rows, columns = (axis.ravel() for axis in np.mgrid[:h, :w])
    down = rows[:, None] - rows[None, :] + h - 1
    right = columns[:, None] - columns[None, :] + w - 1
    index: np.ndarray[Any, Any] = down * (2 * w - 1) + right
    return index


def shifted_window_mask(map: tuple[int, int], window: tuple[int, int], shift: tuple[int, int]) -> np.ndarray[Any, Any]:
    """Additive mask [windows, n, n] for a map that was rolled up and left by ``shift`` and then cut into windows.

    The last windows of such a map hold what came round from the opposite edge; only tokens from one side see each
    other. There are three bands along each dimension: before the last windows, and the two parts of those.

    >>> shifted_window_mask((1, 4), (1, 2), (0, 1))[1]
    array([[   0., -100.],
           [-100.,    0.]], dtype=float32)
    """
    (height, width), (h, w) = map, window
    bands = [np.digitize(np.arange(n), [n - size, n - step]) for n, size, step in zip(map, window, shift, strict=True)]
    regions = bands[0][:, None] * 3 + bands[1][None, :]
    tiles = regions.reshape(height // h, h, width // w, w).transpose(0, 2, 1, 3).reshape(-1, h * w)
    return np.where(tiles[:, :, None] == tiles[:, None, :], 0.0, MASKED).astype("float32")


def softmax(logits: Any) -> Any:
    """Over the last axis, of a tensor of any rank: oneDNN, with which TensorFlow runs on CPUs, stops at five."""
    if len(logits.shape) <= 5:
        return ops.softmax(logits, axis=-1)
    return ops.exp(ops.subtract(logits, ops.logsumexp(logits, axis=-1, keepdims=True)))


def plus(a: Any, b: Any) -> Any:
    """The sum, as the difference from the negative, which is the same number.

    On TensorFlow, ``keras.ops.add`` takes a second operand of one long dimension for a bias, and adds it along the
    channels or the first axis, whichever has its size (since keras-team/keras#20386; so in Keras 3.15.1).
    """
    return ops.subtract(a, ops.negative(b))


class _Projection(keras.layers.EinsumDense):
    """``EinsumDense`` that adds its bias along the axes of its equation, whatever their sizes."""

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        product = ops.einsum(self.equation, inputs, self.kernel)
        return product if self.bias is None else plus(product, self.bias)


@keras.saving.register_keras_serializable(package="archdsl")
class WindowedAttention(keras.layers.Layer):
    """Multi-head attention over the last axis but one, with any number of axes before it.

    Takes ``[batch, …, n, c]``, or that and a context to attend to. Weights have the names and shapes of Keras's
    ``MultiHeadAttention``. With a ``window``, ``relative_position_bias`` comes before them and adds to the logits a
    learned number for each relative position in the window.
    """

    def __init__(
        self,
        *,
        num_heads: int,
        key_dim: int,
        window: Sequence[int] | None = None,
        map: Sequence[int] | None = None,
        shift: Sequence[int] = (0, 0),
        use_bias: bool = True,
        dropout: float = 0.0,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.key_dim = key_dim
        self.window = None if window is None else (window[0], window[1])
        self.map = None if map is None else (map[0], map[1])
        self.shift = (shift[0], shift[1])
        self.use_bias = use_bias
        self.dropout = keras.layers.Dropout(dropout, dtype=self.dtype_policy)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def _projection(self, name: str, equation: str, shape: tuple[Any, ...], bias_axes: str, inputs: Any) -> Any:
        # Each projection draws values of its own: an initialiser gives the same ones whenever it is called.
        kernel, bias = (type(i).from_config(i.get_config()) for i in (self.kernel_initializer, self.bias_initializer))
        layer = _Projection(
            equation,
            shape,
            bias_axes=bias_axes if self.use_bias else None,
            kernel_initializer=kernel,
            bias_initializer=bias,
            kernel_regularizer=self.kernel_regularizer,
            dtype=self.dtype_policy,
            trainable=self.trainable,
            name=name,
        )
        layer.build(inputs)
        return layer

    def build(self, input_shape: Any) -> None:
        several = isinstance(input_shape[0], (tuple, list))
        query, context = (input_shape[0], input_shape[1]) if several else (input_shape, input_shape)
        inner = (None, self.num_heads, self.key_dim)
        self.query = self._projection("query", "...nc,chd->...nhd", inner, "hd", query)
        self.key = self._projection("key", "...nc,chd->...nhd", inner, "hd", context)
        self.value = self._projection("value", "...nc,chd->...nhd", inner, "hd", context)
        self.output_projection = self._projection(
            "attention_output", "...nhd,hdc->...nc", (None, query[-1]), "c", (*query[:-1], *inner[1:])
        )
        if self.window is not None:
            h, w = self.window
            self.relative_position_bias = self.add_weight(
                name="relative_position_bias",
                shape=((2 * h - 1) * (2 * w - 1), self.num_heads),
                initializer=keras.initializers.TruncatedNormal(stddev=0.02),
            )

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        x, context = inputs if isinstance(inputs, (tuple, list)) else (inputs, inputs)
        query = ops.multiply(self.query(x), self.key_dim**-0.5)
        logits = ops.einsum("...nhd,...mhd->...hnm", query, self.key(context))
        if self.window is not None:
            logits = plus(logits, self._biases(self.window, logits.dtype))
        weights = self.dropout(softmax(logits), training=training)
        mixed = ops.einsum("...hnm,...mhd->...nhd", weights, self.value(context))
        return self.output_projection(mixed)

    def _biases(self, window: tuple[int, int], dtype: Any) -> Any:
        """[heads, n, n], or [windows, heads, n, n] if windows were shifted."""
        biases = ops.take(self.relative_position_bias, relative_positions(window), axis=0)
        biases = ops.cast(ops.transpose(biases, (2, 0, 1)), dtype)
        if self.map is None or not any(self.shift):
            return biases
        mask = shifted_window_mask(self.map, window, self.shift)
        return plus(biases, ops.convert_to_tensor(mask[:, None], dtype=dtype))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape[0] if isinstance(input_shape[0], (tuple, list)) else input_shape

    def get_config(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in ("num_heads", "key_dim", "window", "map", "shift", "use_bias")}
        return {
            **super().get_config(),
            **own,
            "dropout": self.dropout.rate,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
