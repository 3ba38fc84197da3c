"""Multi-head attention with options that Keras's own layers lack."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Any

import keras
from keras import ops

from archdsl.backends.keras.layers.normalisation import unit_length
from archdsl.backends.keras.layers.positions import turned
from archdsl.backends.tables import (
    HIDDEN,
    relative_positions,
    rotary_angles,
    shifted_window_mask,
)

_LARGEST = log(100.0)
"""What a learned scale is at most, as a logarithm (Swin V2)."""


def softmax(logits: Any) -> Any:
    """Softmax over the last axis, for any rank: oneDNN, which TensorFlow uses on CPUs, supports at most five."""
    if len(logits.shape) <= 5:
        return ops.softmax(logits, axis=-1)
    return ops.exp(ops.subtract(logits, ops.logsumexp(logits, axis=-1, keepdims=True)))


def plus(a: Any, b: Any) -> Any:
    """The sum, computed as the difference from the negative, which is the same number.

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
class Attention(keras.layers.Layer):
    """Multi-head attention over the last axis but one, with any number of axes before it.

    Takes ``[batch, …, n, c]``; or that and a context to attend to, values, and a bias of the logits, in this order.
    Weights have the names and shapes of Keras's ``MultiHeadAttention``. With a ``window``, ``relative_position_bias``
    comes before them and adds to the logits a learned number for each relative position in the window.
    """

    def __init__(
        self,
        *,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        units: int | None = None,
        kv_heads: int | None = None,
        use_bias: bool | Sequence[str] = True,
        scale: float | None = None,
        learned_scale: bool = False,
        qk_norm: str | None = None,
        causal: bool = False,
        talking_heads: bool = False,
        rotary: Sequence[int] | None = None,
        rotary_base: float = 10_000.0,
        rotary_pairs: str = "interleaved",
        window: Sequence[int] | None = None,
        map: Sequence[int] | None = None,
        shift: Sequence[int] = (0, 0),
        dropout: float = 0.0,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.key_dim = key_dim
        self.value_dim = value_dim
        self.units = units
        self.kv_heads = kv_heads
        self.use_bias = use_bias if isinstance(use_bias, bool) else tuple(use_bias)
        self.scale = scale
        self.learned_scale = learned_scale
        self.qk_norm = qk_norm
        self.causal = causal
        self.talking_heads = talking_heads
        self.rotary = None if rotary is None else tuple(rotary)
        self.rotary_base = rotary_base
        self.rotary_pairs = rotary_pairs
        self.window = None if window is None else (window[0], window[1])
        self.map = None if map is None else (map[0], map[1])
        self.shift = (shift[0], shift[1])
        self.dropout = keras.layers.Dropout(dropout, dtype=self.dtype_policy)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def _projection(
        self,
        part: str,
        name: str,
        equation: str,
        shape: tuple[Any, ...],
        axes: str,
        inputs: Any,
    ) -> Any:
        # Each projection draws values of its own: an initialiser gives the same ones whenever it is called.
        kernel, bias = (
            type(i).from_config(i.get_config())
            for i in (self.kernel_initializer, self.bias_initializer)
        )
        layer = _Projection(
            equation,
            shape,
            bias_axes=axes
            if self.use_bias is True or part in (self.use_bias or ())
            else None,
            kernel_initializer=kernel,
            bias_initializer=bias,
            kernel_regularizer=self.kernel_regularizer,
            dtype=self.dtype_policy,
            trainable=self.trainable,
            name=name,
        )
        layer.build(inputs)
        return layer

    def _norm(self, name: str) -> Any:
        is_layer = self.qk_norm == "layer"
        norms = keras.layers.LayerNormalization, keras.layers.RMSNormalization
        kind = norms[0] if is_layer else norms[1]
        layer = kind(
            epsilon=_EPSILON,
            dtype=self.dtype_policy,
            trainable=self.trainable,
            name=name,
        )
        layer.build((None, self.key_dim))
        return layer

    def save_own_variables(self, store: Any) -> None:
        """Saves by name: indices would be ambiguous where optional arrays are missing."""
        for variable in self._own:
            store[variable.name] = variable

    def load_own_variables(self, store: Any) -> None:
        for variable in self._own:
            variable.assign(store[variable.name])

    @property
    def _own(self) -> list[Any]:
        return [*self._trainable_variables, *self._non_trainable_variables]

    def build(self, input_shape: Any) -> None:
        several = isinstance(input_shape[0], (tuple, list))
        given = list(input_shape[:3]) if several else [input_shape]
        query, context, values = (*given, *given[-1:] * 2)[:3]
        groups, value_dim = (
            self.kv_heads or self.num_heads,
            self.value_dim or self.key_dim,
        )
        if self.window is not None:
            h, w = self.window
            self.relative_position_bias = self.add_weight(
                name="relative_position_bias",
                shape=((2 * h - 1) * (2 * w - 1), self.num_heads),
                initializer=keras.initializers.TruncatedNormal(stddev=0.02),
            )
        if self.learned_scale:
            start = keras.initializers.Constant(log(10.0))
            self.logit_scale = self.add_weight(
                name="logit_scale", shape=(self.num_heads,), initializer=start
            )
        inward, inner = "...nc,chd->...nhd", (None, self.num_heads, self.key_dim)
        self.query = self._projection("query", "query", inward, inner, "hd", query)
        self.key = self._projection(
            "key", "key", inward, (None, groups, self.key_dim), "hd", context
        )
        self.value = self._projection(
            "value", "value", inward, (None, groups, value_dim), "hd", values
        )
        mixed = (*query[:-1], self.num_heads, value_dim)
        outer = (None, self.units or query[-1])
        self.output_projection = self._projection(
            "output", "attention_output", "...nhd,hdc->...nc", outer, "c", mixed
        )
        if self.qk_norm is not None and self.qk_norm != "l2":
            self.query_norm = self._norm("query_norm")
            self.key_norm = self._norm("key_norm")
        if self.talking_heads:
            logits = (*query[:-2], query[-2], context[-2], self.num_heads)
            self.talking_logits, self.talking_weights = (
                self._projection(
                    "talking",
                    name,
                    "...nmh,hg->...nmg",
                    (None, None, self.num_heads),
                    "g",
                    logits,
                )
                for name in ("talking_logits", "talking_weights")
            )

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        given = inputs if isinstance(inputs, (tuple, list)) else [inputs]
        x, context, values = (*given[:3], *given[:3][-1:] * 2)[:3]
        query = self._prepared(self.query(x), "query_norm")
        key = self._heads(self._prepared(self.key(context), "key_norm"))
        value = self._heads(self.value(values))
        query, scale = self._scaled(query)
        bias = self._bias(given[3] if len(given) > 3 else None, x, query.dtype)
        if self._fuses(query, value):
            mixed = ops.dot_product_attention(
                query, key, value, bias=bias, scale=scale, is_causal=self.causal
            )
            return self.output_projection(mixed)
        logits = ops.einsum("...nhd,...mhd->...hnm", ops.multiply(query, scale), key)
        if bias is not None:
            logits = plus(logits, bias)
        if self.talking_heads:
            logits = self._talk(self.talking_logits, logits)
        if self.causal:
            logits = self._causal(logits)
        weights = softmax(logits)
        if self.talking_heads:
            weights = self._talk(self.talking_weights, weights)
        weights = self.dropout(weights, training=training)
        mixed = ops.einsum("...hnm,...mhd->...nhd", weights, value)
        return self.output_projection(mixed)

    def _prepared(self, x: Any, norm: str) -> Any:
        """Queries or keys, normalised and rotated."""
        if self.qk_norm == "l2":
            x = unit_length(x, -1, 1e-12)
        elif self.qk_norm is not None:
            x = getattr(self, norm)(x)
        if self.rotary is not None:
            angles = rotary_angles(self.rotary, self.key_dim, self.rotary_base)
            x = turned(x, angles, self.rotary_pairs == "interleaved")
        return x

    def _heads(self, x: Any) -> Any:
        """Heads of keys or values repeated to the number of query heads."""
        if self.kv_heads is None or self.kv_heads == self.num_heads:
            return x
        return ops.repeat(x, self.num_heads // self.kv_heads, axis=-2)

    @staticmethod
    def _talk(mix: Any, x: Any) -> Any:
        """Talking heads: ``[…, heads, n, m]`` with the heads mixed at each position."""
        return ops.moveaxis(mix(ops.moveaxis(x, -3, -1)), -1, -3)

    def _scaled(self, query: Any) -> tuple[Any, float]:
        """Queries times the learned part of the scale, and the remaining scale."""
        if not self.learned_scale:
            return query, self.key_dim**-0.5 if self.scale is None else self.scale
        factors = ops.exp(
            ops.minimum(ops.cast(self.logit_scale, query.dtype), _LARGEST)
        )
        return ops.multiply(query, ops.expand_dims(factors, -1)), 1.0

    def _fuses(self, query: Any, value: Any) -> bool:
        """Whether the backend's fused kernel computes the same: one axis of tokens, nothing between the products."""
        plain = (
            len(query.shape) == 4 and not self.talking_heads and not self.dropout.rate
        )
        return plain and query.shape[-1] == value.shape[-1] and query.shape[-1] > 1

    def _causal(self, logits: Any) -> Any:
        n = ops.shape(logits)[-1]
        places = ops.arange(n)
        seen = ops.greater_equal(ops.expand_dims(places, -1), places)
        lowest = (
            -3e4
            if keras.backend.standardize_dtype(logits.dtype) == "float16"
            else HIDDEN
        )
        return ops.where(seen, logits, ops.cast(lowest, logits.dtype))

    def _bias(self, given: Any, x: Any, dtype: Any) -> Any:
        """The bias of the logits [batch, …, heads, n, m], or ``None``."""
        bias = None if self.window is None else self._biases(self.window, dtype)
        if bias is not None and len(x.shape) == 3:
            bias = ops.expand_dims(bias, 0)
        if given is not None:
            lacking = len(x.shape) + 1 - len(given.shape)
            given = ops.cast(
                ops.expand_dims(given, list(range(1, lacking + 1)))
                if lacking
                else given,
                dtype,
            )
            bias = given if bias is None else plus(bias, given)
        return bias

    def _biases(self, window: tuple[int, int], dtype: Any) -> Any:
        """Position biases: [heads, n, n], or [windows, heads, n, n] if windows were shifted."""
        biases = ops.take(
            self.relative_position_bias, relative_positions(window), axis=0
        )
        biases = ops.cast(ops.transpose(biases, (2, 0, 1)), dtype)
        if self.map is None or not any(self.shift):
            return biases
        mask = shifted_window_mask(self.map, window, self.shift)
        return plus(biases, ops.convert_to_tensor(mask[:, None], dtype=dtype))

    def compute_output_shape(self, input_shape: Any) -> Any:
        query = (
            input_shape[0] if isinstance(input_shape[0], (tuple, list)) else input_shape
        )
        return (*query[:-1], self.units or query[-1])

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "value_dim": self.value_dim,
            "units": self.units,
            "kv_heads": self.kv_heads,
            "use_bias": self.use_bias,
            "scale": self.scale,
            "learned_scale": self.learned_scale,
            "qk_norm": self.qk_norm,
            "causal": self.causal,
            "talking_heads": self.talking_heads,
            "rotary": self.rotary,
            "rotary_base": self.rotary_base,
            "rotary_pairs": self.rotary_pairs,
            "window": self.window,
            "map": self.map,
            "shift": self.shift,
            "dropout": self.dropout.rate,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }


_EPSILON = 1e-6
"""Of the norms of queries and keys, as timm has it."""
