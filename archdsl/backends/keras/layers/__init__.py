"""Layers that Keras lacks. They use ``keras.ops`` alone, so they run on every backend of Keras.

Each is registered under the package ``archdsl``; ``archdsl.layers`` is the name by which users import them.
"""

from archdsl.backends.keras.layers.attention import Attention as Attention
from archdsl.backends.keras.layers.convolution import ConvWith as ConvWith
from archdsl.backends.keras.layers.learned import Bias as Bias
from archdsl.backends.keras.layers.learned import ClassToken as ClassToken
from archdsl.backends.keras.layers.learned import PositionEmbedding as PositionEmbedding
from archdsl.backends.keras.layers.learned import Scale as Scale
from archdsl.backends.keras.layers.likeness import ResizeBy as ResizeBy
from archdsl.backends.keras.layers.likeness import ResizeLike as ResizeLike
from archdsl.backends.keras.layers.likeness import UnflattenLike as UnflattenLike
from archdsl.backends.keras.layers.normalisation import (
    RootMeanSquareNormalization as RootMeanSquareNormalization,
)
from archdsl.backends.keras.layers.sources import Constant as Constant
from archdsl.backends.keras.layers.sources import Parameter as Parameter
from archdsl.backends.keras.layers.sources import (
    RelativePositionBias as RelativePositionBias,
)
from archdsl.backends.keras.layers.sources import Repeat as Repeat
from archdsl.backends.keras.layers.tiling import DepthToSpace as DepthToSpace
from archdsl.backends.keras.layers.tiling import SpaceToDepth as SpaceToDepth
from archdsl.backends.keras.layers.tiling import WindowMerge as WindowMerge
from archdsl.backends.keras.layers.tiling import WindowPartition as WindowPartition
