"""``%load_ext archdsl``: cells of notebooks in the language, with completion and hover."""

from archdsl.notebook.extension import load_ipython_extension, unload_ipython_extension

__all__ = ["load_ipython_extension", "unload_ipython_extension"]
