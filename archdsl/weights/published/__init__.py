"""The array names and layouts of published checkpoints for bundled models. Independent of frameworks.

``tables/<family>.toml`` has a table for each source: names of our nodes with weights, and what modules, or layers, are
called there. Nothing follows from an order. ``layouts.toml`` says, op by op, what PyTorch makes of the array itself.
"""

from archdsl.weights.published.convert import Converted as Converted
from archdsl.weights.published.convert import convert as convert
from archdsl.weights.published.convert import under_our_names as under_our_names
from archdsl.weights.published.names import NameMap as NameMap
from archdsl.weights.published.names import sources as sources
from archdsl.weights.published.names import table as table
from archdsl.weights.published.pieces import Piece as Piece
from archdsl.weights.published.pieces import Stored as Stored
from archdsl.weights.published.pieces import find as find
from archdsl.weights.published.pieces import pieces as pieces
from archdsl.weights.published.pieces import stored as stored
