"""What a Keras user runs for a table and the work of a model: build it, `summary`, and TensorFlow's profiler."""

from __future__ import annotations

import keras
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2
from tensorflow.python.profiler.model_analyzer import profile
from tensorflow.python.profiler.option_builder import ProfileOptionBuilder

if __name__ == "__main__":
    model = keras.applications.ResNet50(weights=None)
    model.summary()
    call = tf.function(lambda image: model(image, training=False))
    traced = call.get_concrete_function(tf.TensorSpec((1, *model.input_shape[1:]), "float32"))
    frozen = convert_variables_to_constants_v2(traced)
    print(profile(frozen.graph, options=ProfileOptionBuilder.float_operation()).total_float_ops // 2, "MACs")
