"""One function per op, a file per family. Importing this package registers them all."""

from archdsl.backends.keras.lowering import convolution as convolution
from archdsl.backends.keras.lowering import linear as linear
from archdsl.backends.keras.lowering import normalisation as normalisation
from archdsl.backends.keras.lowering import pooling as pooling
