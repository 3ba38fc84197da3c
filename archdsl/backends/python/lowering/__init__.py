"""One function per op, a file per family. Importing this package registers them all."""

from archdsl.backends.python.lowering import activation as activation
from archdsl.backends.python.lowering import attention as attention
from archdsl.backends.python.lowering import convolution as convolution
from archdsl.backends.python.lowering import elementwise as elementwise
from archdsl.backends.python.lowering import extent as extent
from archdsl.backends.python.lowering import input as input
from archdsl.backends.python.lowering import joining as joining
from archdsl.backends.python.lowering import learned as learned
from archdsl.backends.python.lowering import normalisation as normalisation
from archdsl.backends.python.lowering import pooling as pooling
from archdsl.backends.python.lowering import reduction as reduction
from archdsl.backends.python.lowering import regularisation as regularisation
from archdsl.backends.python.lowering import reshape as reshape
from archdsl.backends.python.lowering import source as source
