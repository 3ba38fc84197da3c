"""Data sets of labelled images: known ones by name, from files, or from a function."""

from archdsl.training.data.model import Data as Data
from archdsl.training.data.model import Split as Split
from archdsl.training.data.sources import load as load
