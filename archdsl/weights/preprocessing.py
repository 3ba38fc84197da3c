"""What is done to a photograph before a model with published weights sees it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """What certificates and lists of checkpoints are made of: never changed, and nothing in it that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Preprocessing(Value):
    """The shorter side is resized to ``resize``, the middle of ``size`` is cut out, and pixels become numbers.

    They are mapped from 0 and 255 to ``range``, ``mean`` is subtracted, and the result divided by ``std``, channel by
    channel.
    """

    size: tuple[int, int]
    """Height and width of the crop."""
    resize: int
    """Of the shorter side, before the crop."""
    interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos"]
    range: tuple[float, float] = (0.0, 1.0)
    mean: tuple[float, ...]
    std: tuple[float, ...]
    channels: Literal["rgb", "bgr"] = "rgb"
    """In which order the model takes them; ``mean`` and ``std`` are in this order too."""

    def normalised(self, pixels: Any) -> Any:
        """The numbers that the model takes for pixels from 0 to 255, an array of NumPy whose last axis is RGB.

        >>> import numpy as np
        >>> lite = Preprocessing(size=(224, 224), resize=256, interpolation="bicubic", range=(0, 255), mean=(127,) * 3,
        ...                      std=(128,) * 3)
        >>> lite.normalised(np.array([[[0, 127, 255]]], dtype="uint8")).tolist()
        [[[-0.9921875, 0.0, 1.0]]]
        """
        import numpy as np

        low, high = self.range
        values = np.asarray(pixels, dtype="float32") * np.float32((high - low) / 255) + np.float32(low)
        ordered = values[..., ::-1] if self.channels == "bgr" else values
        return (ordered - np.array(self.mean, dtype="float32")) / np.array(self.std, dtype="float32")
