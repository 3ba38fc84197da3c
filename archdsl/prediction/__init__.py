"""Predictions of classifiers for photographs."""

from archdsl.prediction.classes import imagenet as imagenet
from archdsl.prediction.guesses import Guess as Guess
from archdsl.prediction.guesses import NotClassifier as NotClassifier
from archdsl.prediction.guesses import output_of as output_of
from archdsl.prediction.guesses import predict as predict
from archdsl.prediction.photos import NotPhoto as NotPhoto
from archdsl.prediction.photos import read as read
