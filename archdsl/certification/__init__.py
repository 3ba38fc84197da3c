"""What models answer with converted weights, compared with what their sources answer: how certificates come to be."""

from archdsl.certification.certify import Unlike as Unlike
from archdsl.certification.certify import certify as certify
