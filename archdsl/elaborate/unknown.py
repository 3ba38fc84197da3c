"""Names without a meaning: what the writer may have meant."""

from __future__ import annotations

from typing import Final

from archdsl.diagnostics import Diagnostic, Fix, Label
from archdsl.diagnostics.catalogue import names as codes
from archdsl.diagnostics.suggest import closest, did_you_mean
from archdsl.elaborate.builtins import aliases
from archdsl.elaborate.scope import Scope
from archdsl.source import Span


def unknown_name(name: str, span: Span, scope: Scope, *, what: str = "name") -> Diagnostic:
    """The diagnostic for a name without a meaning, with what the writer may have meant."""
    if name in _FOREIGN_VALUES:
        help_, replacement = _FOREIGN_VALUES[name]
        fix = Fix(span, replacement) if replacement else None
        return codes.UnknownName(span=span, name=name, what=what, help=(help_,), fix=fix)
    plain = codes.UnknownName(span=span, name=name, what=what)
    if scope.session.sink.has(plain):  # in another round or instance: it is counted, and was explained
        return plain
    later = scope.session.defined_later(name, span)
    if later is not None:
        labels, help_ = (Label(later, "defined here"),), "a name is known after the line or step that defines it"
        return codes.UnknownName(span=span, name=name, what=what, labels=labels, help=(help_,))
    if len(scope.session.sink) > _SUGGESTED:
        return plain
    library = scope.session.library_home(name)
    if library:
        line = f"from {library} import {name}"
        help_, fix = f"the library has it: `{line}`", scope.module.import_fix(line)
        return codes.UnknownName(span=span, name=name, what=what, help=(help_,), fix=fix)
    # A value is likelier to be one of the block's own; a step, an op.
    own = tuple(scope.own()) if what == "name" else ()
    visible, foreign = (own, {}) if closest(name, own) else (tuple(scope.visible()), aliases())
    near = closest(name, visible, foreign)
    fix = Fix(span, near[0]) if near else None
    return codes.UnknownName(span=span, name=name, what=what, help=did_you_mean(name, visible, foreign), fix=fix)


_SUGGESTED: Final = 50
"""Problems after which nobody reads suggestions, each of which takes milliseconds to find."""

_FOREIGN_VALUES: Final[dict[str, tuple[str, str]]] = {
    "True": ("write `true`", "true"),
    "False": ("write `false`", "false"),
    **dict.fromkeys(("none", "None", "null"), ("there is no none: leave the argument out", "")),
}
