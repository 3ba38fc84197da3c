"""One function per op, a file per family. Importing this package registers them all."""

from archdsl.backends.keras.lowering import activation as activation
from archdsl.backends.keras.lowering import convolution as convolution
from archdsl.backends.keras.lowering import elementwise as elementwise
from archdsl.backends.keras.lowering import extent as extent
from archdsl.backends.keras.lowering import input as input
from archdsl.backends.keras.lowering import joining as joining
from archdsl.backends.keras.lowering import learned as learned
from archdsl.backends.keras.lowering import linear as linear
from archdsl.backends.keras.lowering import normalisation as normalisation
from archdsl.backends.keras.lowering import pooling as pooling
from archdsl.backends.keras.lowering import reduction as reduction
from archdsl.backends.keras.lowering import regularisation as regularisation
from archdsl.backends.keras.lowering import reshape as reshape
from archdsl.backends.keras.lowering import resize as resize
from archdsl.backends.keras.lowering import source as source
from archdsl.backends.keras.lowering import tiling as tiling
