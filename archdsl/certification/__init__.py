"""Certificates: compares the outputs of models with converted weights with those of their sources."""

from archdsl.certification.certify import Unlike as Unlike
from archdsl.certification.certify import certify as certify
