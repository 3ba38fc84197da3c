"""The lowering of each operator to archdsl's ops, by family; importing this package registers all of them."""

from archdsl.intake.tensors.operators import attention as attention
from archdsl.intake.tensors.operators import elementwise as elementwise
from archdsl.intake.tensors.operators import norms as norms
from archdsl.intake.tensors.operators import numbers as numbers
from archdsl.intake.tensors.operators import products as products
from archdsl.intake.tensors.operators import reductions as reductions
from archdsl.intake.tensors.operators import shapes as shapes
from archdsl.intake.tensors.operators import windows as windows
