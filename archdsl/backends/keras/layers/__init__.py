"""Layers that Keras does not have. They use ``keras.ops`` alone, so they run on every backend of Keras.

Each is registered under the package ``archdsl``: a saved model that holds one loads wherever archdsl is imported.
"""
