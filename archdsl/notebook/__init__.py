"""``%load_ext archdsl``: notebook cells in the language, with completion and hover."""

from archdsl.notebook.extension import load_ipython_extension, unload_ipython_extension

__all__ = ["load_ipython_extension", "unload_ipython_extension"]
