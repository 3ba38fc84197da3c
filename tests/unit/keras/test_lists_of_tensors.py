"""Lists of tensors as inputs and outputs of compiled models."""

from __future__ import annotations

import numpy as np

import archdsl
from archdsl.backends.keras.build import build

SPEC = """
block Halve() :: (maps: ...[h, w, c]) -> (maps: ...[h / 2, w / 2, c]) {
  ports { maps: ...for map in maps { map -> avg_pool(2) } }
}

model Net() :: (maps: [[8, 8, 3], [4, 4, 2]], x: [2]) -> (maps: [[4, 4, 3], [2, 2, 2]], y: [2]) {
  ports { maps: ...maps } -> Halve as halves -> ports { maps: ...halves.maps  y: x -> negative }
}
"""


def test_each_tensor_of_a_list_is_an_input_and_an_output() -> None:
    model = build(archdsl.load_text(SPEC).graph)
    assert [tensor.name for tensor in model.inputs] == ["maps.0", "maps.1", "x"]
    generator = np.random.default_rng(0)
    given = {name: generator.normal(size=(2, *size)) for name, size in _SIZES.items()}
    made = {name: np.asarray(value) for name, value in model(given).items()}
    wanted = {
        name: x.reshape(2, len(x[0]) // 2, 2, -1, 2, x.shape[-1]).mean((2, 4))
        for name, x in given.items()
        if x.ndim == 4
    }
    assert made.keys() == {"maps.0", "maps.1", "y"}
    for name, value in {**wanted, "y": -given["x"]}.items():
        np.testing.assert_allclose(made[name], value, rtol=1e-5, atol=1e-6)


_SIZES = {"maps.0": (8, 8, 3), "maps.1": (4, 4, 2), "x": (2,)}
