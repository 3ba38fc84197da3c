"""Lowerings to PyTorch, a family a file. Importing this package registers them all."""

from archdsl.backends.torch.lowering import activation as activation
from archdsl.backends.torch.lowering import attention as attention
from archdsl.backends.torch.lowering import convolution as convolution
from archdsl.backends.torch.lowering import elementwise as elementwise
from archdsl.backends.torch.lowering import extent as extent
from archdsl.backends.torch.lowering import input as input
from archdsl.backends.torch.lowering import joining as joining
from archdsl.backends.torch.lowering import learned as learned
from archdsl.backends.torch.lowering import linear as linear
from archdsl.backends.torch.lowering import normalisation as normalisation
from archdsl.backends.torch.lowering import pooling as pooling
from archdsl.backends.torch.lowering import reduction as reduction
from archdsl.backends.torch.lowering import regularisation as regularisation
from archdsl.backends.torch.lowering import reshape as reshape
from archdsl.backends.torch.lowering import resize as resize
from archdsl.backends.torch.lowering import source as source
from archdsl.backends.torch.lowering import tiling as tiling
from archdsl.backends.torch.lowering import transposed as transposed
