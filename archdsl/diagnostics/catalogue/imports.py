"""Codes of models of other programs that cannot be specs, whatever is in them."""

from __future__ import annotations

from archdsl.diagnostics.model import Diagnostic


class SubclassedModel(Diagnostic):
    """A `.keras` file holds a model of a class of its own, and so does not say which layers are applied to what.

    Keras writes the layers and connections of functional and sequential models to `config.json`. Of a subclassed model
    it writes the name of the class and its arguments: what the model computes is in `call`, which is code. An import
    reads files as data and runs nothing of them. A model in memory can be imported, by tracing its `call`:

        # nets.py, which has the class or imports it
        def net():
            return keras.models.load_model("net.keras", custom_objects={"Net": Net})

        archdsl import nets:net    # runs nets.py and traces the model

    In Python, `archdsl.from_keras(model)` does the same. A functional model with a class of its own, as for another
    `train_step`, is subclassed too: its file does not say whether the class has another `call`.
    """

    message = "`{kind}` is a class of its own, and the file does not have what its `call` does"
    label = "the class of the model"
    kind: str
