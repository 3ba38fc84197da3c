"""Codes of the lexer and the parser."""

from __future__ import annotations

from archdsl.diagnostics.model import Diagnostic


class UnexpectedCharacter(Diagnostic):
    """A character stands where no word, number or mark of the language can start.

    Strings use double quotes, comments start with `#`, and there are no semicolons:

        let name = 'relu'      # wrong
        let name = "relu"      # right
    """

    message = "unexpected character {character}"
    character: str


class NotUtf8(Diagnostic):
    """A file holds bytes that are no text in UTF-8, in a comment, a string or anywhere else.

    Specs are UTF-8 on every system. A file that was saved in another encoding, such as Latin-1, is saved anew:

        iconv -f latin1 -t utf-8 net.arch -o net_utf8.arch
    """

    message = "{what} is not UTF-8{others}"
    what: str
    others: str


class UnclosedString(Diagnostic):
    """A string has no closing quote on its line.

    A string ends on the line where it starts:

        about { paper = "arXiv:1512.03385 }     # wrong
        about { paper = "arXiv:1512.03385" }    # right
    """

    message = "string is not closed on its line"


class UnexpectedToken(Diagnostic):
    """The words are in an order that the grammar has no rule for.

    The message names what stands there and what could stand there. Frequent causes: an arrow forgotten between two
    steps, `:` for `=` in a call, or a branch without its newline.

        conv(64, k: 3) relu         # wrong, twice
        conv(64, k=3) -> relu       # right
    """

    message = "unexpected {found}"
    label = "{expected}"
    found: str
    expected: str


class UnclosedBracket(Diagnostic):
    """A bracket is opened and never closed, or closed by another kind.

    The mark shows the bracket that is still open where another one closes, or where the file ends:

        block A() { conv(8, k=3 }     # wrong: the `(` is still open
    """

    message = "`{opener}` is never closed"
    opener: str


class SecondFlow(Diagnostic):
    """A body is `let` lines and then one flow; a second flow follows it.

    A newline ends a flow unless the next line starts with `->`, `::` or `as`. Nearly always an arrow is missing:

        conv(64, k=3)
        relu                # wrong: starts a second flow

        conv(64, k=3)
        -> relu             # right
    """

    message = "a body has one flow, and this starts a second"


class StatementAfterFlow(Diagnostic):
    """`let` and `shared` lines stand before the flow of a body, so that a reader finds the names first.

    A body names its values, and then shows what flows through them:

        block A() { relu
          let n = 3 }       # wrong: move the `let` above `relu`
    """

    message = "`let`, `shared` and `about` come before the flow"


class AboutOutOfPlace(Diagnostic):
    """`about { … }` stands once, first in a model's body or after a variant's call."""

    message = "`about` stands once and first in a body"


class MixedLabels(Diagnostic):
    """Some branches of a fan-out have labels and some have not.

    Labels are all or none: a branch that lost its `->` would otherwise silently become a branch of its own.

        add { main: conv(8, k=3)
              id }                    # wrong
        add { main: conv(8, k=3)
              skip: id }              # right
    """

    message = "either all branches have labels or none has"
    label = "has no label"


class ForgottenArrow(Diagnostic):
    """A line within a fan-out looks like a continuation of the branch above it, but starts a branch of its own.

    Branches stand in one column. A line further right continues a branch when it starts with `->`:

        concat {
          conv(64, k=3)
            relu              # wrong: a third branch, or a forgotten arrow?
          conv(64, k=1)
        }
    """

    message = "this looks like a continuation of the branch above, and has no `->`"


class RepeatedName(Diagnostic):
    """A name is given twice where it must be unique: a declaration, a parameter, a label, an argument or a column."""

    message = "{what} `{name}` is defined twice"
    what: str
    name: str


class BadEscape(Diagnostic):
    r"""A backslash in a string is followed by a letter without a meaning. Known are `\n`, `\t`, `\"` and `\\`."""

    message = "unknown escape `{escape}` in a string"
    escape: str
