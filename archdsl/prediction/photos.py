"""Photographs as the arrays that a model takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from archdsl.weights.preprocessing import Preprocessing

_FILTERS: Final = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


class NotPhoto(ValueError):
    """A file is not an image that Pillow can read."""


def read(file: Path, how: Preprocessing) -> np.ndarray[Any, Any]:
    """A photograph as an array ``[height, width, channels]``: rotated upright, resized, centre-cropped, normalised.

    Raises:
        NotPhoto: it is no image.
        OSError: it cannot be read.
    """
    try:
        with Image.open(file) as opened:
            image = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, SyntaxError, Image.DecompressionBombError) as error:
        raise NotPhoto(f"{file} is no image that can be read: {error}") from error
    height, width = how.resized(image.height, image.width)
    image = image.resize((width, height), _FILTERS[how.interpolation])
    rows, columns = how.size
    left, top = (width - columns) // 2, (height - rows) // 2
    cut = image.crop((left, top, left + columns, top + rows))
    found: np.ndarray[Any, Any] = how.normalised(np.asarray(cut))
    return found
