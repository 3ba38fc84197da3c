"""Layers that Keras does not have. They use ``keras.ops`` alone, so they run on every backend of Keras.

Each is registered under the package ``archdsl``: importing this package is what a saved model that holds one needs.
"""

from archdsl.backends.keras.layers import activation as activation
from archdsl.backends.keras.layers import attention as attention
from archdsl.backends.keras.layers import convolution as convolution
from archdsl.backends.keras.layers import extent as extent
from archdsl.backends.keras.layers import joining as joining
from archdsl.backends.keras.layers import learned as learned
from archdsl.backends.keras.layers import normalisation as normalisation
from archdsl.backends.keras.layers import pooling as pooling
from archdsl.backends.keras.layers import tiling as tiling
