"""The targets of ``archdsl compile``: one ``Target`` per value of ``--to``, each with its module."""

from archdsl.cli.targets.registry import TARGETS as TARGETS
from archdsl.cli.targets.registry import Options as Options
from archdsl.cli.targets.registry import Target as Target
from archdsl.cli.targets.registry import chosen as chosen
from archdsl.cli.targets.registry import prepared as prepared
from archdsl.cli.targets.registry import refuse_needless as refuse_needless
from archdsl.cli.targets.registry import refuse_unlike_weights as refuse_unlike_weights
