"""Weights by name: the names of a graph's arrays and of a file's, and how they match. Independent of frameworks."""

from archdsl.weights.arrays import Array as Array
from archdsl.weights.arrays import Layer as Layer
from archdsl.weights.arrays import Weights as Weights
from archdsl.weights.arrays import WeightsError as WeightsError
from archdsl.weights.arrays import in_memory as in_memory
from archdsl.weights.match import PartialWeights as PartialWeights
from archdsl.weights.match import fitting as fitting
from archdsl.weights.match import match as match
from archdsl.weights.names import expected as expected
from archdsl.weights.report import Changed as Changed
from archdsl.weights.report import Match as Match
from archdsl.weights.report import report as report
