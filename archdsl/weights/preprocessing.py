"""The preprocessing of photographs for models with published weights."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """Base of the frozen values in certificates and lists of checkpoints; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Preprocessing(Value):
    """The photograph is resized to ``resize``, centre-cropped to ``size``, and its pixels are normalised.

    They are mapped from 0 and 255 to ``range``, ``mean`` is subtracted, and the result divided by ``std``, channel by
    channel.
    """

    size: tuple[int, int]
    """Height and width of the crop."""
    resize: int | tuple[int, int]
    """Before the crop: the shorter side, or the height and the width, whatever the shape of the photograph."""
    interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos"]
    range: tuple[float, float] = (0.0, 1.0)
    mean: tuple[float, ...]
    std: tuple[float, ...]
    channels: Literal["rgb", "bgr"] = "rgb"
    """In which order the model takes them; ``mean`` and ``std`` are in this order too."""

    def resized(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of a photograph before the crop.

        >>> lite = Preprocessing(size=(224, 224), resize=256, interpolation="bicubic", mean=(0,), std=(1,))
        >>> lite.resized(512, 1024), lite.model_copy(update={"resize": (256, 256)}).resized(512, 1024)
        ((256, 512), (256, 256))
        """
        if isinstance(self.resize, tuple):
            return self.resize
        scale = self.resize / min(height, width)
        return max(round(height * scale), 1), max(round(width * scale), 1)

    def cropped_to(self, size: tuple[int, int]) -> Preprocessing:
        """The preprocessing for another crop size, which keeps the ratio of crop to image.

        >>> lite = Preprocessing(size=(224, 224), resize=256, interpolation="bicubic", mean=(0,), std=(1,))
        >>> lite.cropped_to((112, 112)).resize
        128
        """
        scale = min(size) / min(self.size)
        if isinstance(self.resize, int):
            resize: int | tuple[int, int] = round(self.resize * scale)
        else:
            resize = round(self.resize[0] * scale), round(self.resize[1] * scale)
        return self.model_copy(update={"size": size, "resize": resize})

    def normalised(self, pixels: Any) -> Any:
        """Normalises pixels from 0 to 255, a NumPy array whose last axis is RGB.

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
