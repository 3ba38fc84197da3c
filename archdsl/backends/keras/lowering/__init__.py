"""One function per op, a file per family. Importing this package registers them all."""

from archdsl.backends.keras.lowering import convolution as convolution
