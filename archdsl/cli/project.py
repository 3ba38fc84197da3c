"""The settings for checking in a project's ``pyproject.toml``: ``[tool.archdsl]``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archdsl import allowed
from archdsl.cli.exits import Refusal
from archdsl.settings import SettingsError

if TYPE_CHECKING:
    from archdsl.diagnostics import Diagnostic
    from archdsl.files import Located


def kept(found: Sequence[Diagnostic], located: Located) -> tuple[Diagnostic, ...]:
    """The diagnostics without the warnings that the spec's project allows."""
    try:
        return allowed.kept(found, located.file)
    except SettingsError as error:
        raise Refusal(str(error)) from None
