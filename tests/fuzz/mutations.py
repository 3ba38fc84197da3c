"""Small damage to a text, of the kinds that half-finished edits, bad merges, generators and enemies do."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from random import Random

from archdsl.elaborate.builtins import FUNCTIONS
from archdsl.ops.registry import OPS
from tests.fuzz.corpus import texts

Mutation = Callable[[str, Random], str]

_TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|#[^\n]*|\w+|->|::|\.\.\.|\*\*|//|[=!<>~]=|[ \t]+|\n|.', re.DOTALL)
_NUMBER = re.compile(r"\b\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?[kMG]?\b")
_NAME = re.compile(r"\b[A-Za-z]\w*\b")
_EXTREMES = (
    *("0", "1", "-1", "2", "7", "255", "100_000", "2147483648", "9223372036854775808", "999_999G", "0.0", "0.5"),
    *("1e-320", "1e308", "1e999", "-0.0", "2 ** 255", "10 ** 10 ** 10", "(1 / 3.0)", "1_", "true", '"1"', "[]"),
    *("[1]", "[0, 0]", "[[0, 1], [0, 1]]", "[1, 2, 3, 4]", "?", "_", "h", "range(90_000)", "9" * 400),
)
_WORDS = (
    *"from import let fn block model check about shared ports table if else for in repeat as and or not true".split(),
    *'-> :: : , . ... ? | ( ) [ ] { } = ~= == <= + - * ** / // % \n ## # " \\ _ id residual int list op tensor'.split(
        " "
    ),
    *"init float bool str params trainable macs depth activations std.conv ConvBNAct Bottleneck he_normal".split(),
)
_STRANGE = (
    *("\0", "\x1b[31m", "\r", "\r\n", "\t", "\x0b", "\x0c", "\x7f", "\x85", "\u200b", "\u202e", "\u2028", "\ufeff"),
    *(
        "\ufffd",
        "\ud7ff",
        "\U0010ffff",
        "層",
        "é",
        "e\u0301",
        "²",
        "Ⅷ",
        "٣",
        "ﬁ",
        "𝕏",
        "🧱",
        "ǅ",
        "İ",
        "ß",
        "`",
        "'",
        ";",
    ),
    *("</script>", "<!--", "&amp;", "%s", "{0}", "{span}", "\\", '"', '"""', "$", "@"),
)


@cache
def vocabulary() -> tuple[str, ...]:
    """Words that mean something, and marks."""
    return (*_WORDS, *OPS, *FUNCTIONS)


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text)


def _at(random: Random, items: Sequence[object]) -> int:
    return random.randrange(len(items)) if items else 0


def drop_tokens(text: str, random: Random) -> str:
    """A few neighbours are gone."""
    tokens = _tokens(text)
    at = _at(random, tokens)
    del tokens[at : at + random.choice((1, 1, 1, 2, 5))]
    return "".join(tokens)


def repeat_tokens(text: str, random: Random) -> str:
    """A few neighbours stand twice, or very often."""
    tokens = _tokens(text)
    at = _at(random, tokens)
    part = tokens[at : at + random.choice((1, 1, 2, 5, 20))]
    return "".join([*tokens[:at], *(part * random.choice((2, 2, 3, 50))), *tokens[at + len(part) :]])


def swap_tokens(text: str, random: Random) -> str:
    """Two words have changed places."""
    tokens = _tokens(text)
    one, other = _at(random, tokens), _at(random, tokens)
    if tokens:
        tokens[one], tokens[other] = tokens[other], tokens[one]
    return "".join(tokens)


def replace_token(text: str, random: Random) -> str:
    """Another word of the language stands there."""
    tokens = _tokens(text)
    at = _at(random, tokens)
    tokens[at : at + random.randint(0, 1)] = [random.choice(vocabulary()), random.choice(("", " "))]
    return "".join(tokens)


def rename(text: str, random: Random) -> str:
    """One use of a name is another name of the same text."""
    names = list(_NAME.finditer(text))
    if not names:
        return text
    place, name = random.choice(names), random.choice(names)[0]
    return text[: place.start()] + name + text[place.end() :]


def extreme_number(text: str, random: Random) -> str:
    """A number is what nobody expects."""
    numbers = list(_NUMBER.finditer(text))
    if not numbers:
        return text
    place = random.choice(numbers)
    return text[: place.start()] + random.choice(_EXTREMES) + text[place.end() :]


def move_lines(text: str, random: Random) -> str:
    """Lines are gone, stand twice, or stand elsewhere."""
    lines = text.split("\n")
    at, size = _at(random, lines), random.choice((1, 1, 2, 6))
    part = lines[at : at + size]
    if random.random() < 0.7:
        del lines[at : at + size]
    if random.random() < 0.6:
        to = _at(random, lines)
        lines[to:to] = part
    return "\n".join(lines)


def splice(text: str, random: Random) -> str:
    """Lines of another spec stand in between."""
    other = random.choice(texts()).split("\n")
    start = _at(random, other)
    lines = text.split("\n")
    at = _at(random, lines)
    lines[at : at + random.randint(0, 2)] = other[start : start + random.choice((1, 3, 10))]
    return "\n".join(lines)


def nest(text: str, random: Random) -> str:
    """A line or a number is wrapped, once or often."""
    often = random.choice((1, 1, 2, 5, 200))
    if random.random() < 0.5 and (numbers := list(_NUMBER.finditer(text))):
        place = random.choice(numbers)
        before, after = random.choice((("(", ")"), ("[", "]"), ("-", ""), ("abs(", ")"), ("[...", "]"), ("2 ** ", "")))
        return text[: place.start()] + before * often + place[0] + after * often + text[place.end() :]
    lines = text.split("\n")
    at = _at(random, lines)
    head = random.choice(
        (
            "repeat 3 {",
            "repeat 100_000 {",
            "for i in range(9) {",
            "residual {",
            "add { id,",
            "{",
            "if 1 < 2 {",
            "(",
            "[",
        )
    )
    lines[at] = f"{head} " * often + lines[at] + f" {')' if head == '(' else ']' if head == '[' else '}'}" * often
    return "\n".join(lines)


def strange_characters(text: str, random: Random) -> str:
    """Something stands there that no keyboard writes."""
    at = _at(random, text)
    return text[:at] + random.choice(_STRANGE) * random.choice((1, 1, 1, 3)) + text[at + random.randint(0, 2) :]


def flip_bytes(text: str, random: Random) -> str:
    """Some bits of the file are others; what is no UTF-8 any more is read as U+FFFD, as from a disk."""
    data = bytearray(text.encode("utf-8", errors="replace"))
    for _ in range(random.choice((1, 1, 3, 30))):
        if data:
            data[_at(random, data)] ^= 1 << random.randrange(8)
    return data.decode("utf-8", errors="replace")


def truncate(text: str, random: Random) -> str:
    """The file ends early, or starts late."""
    at = _at(random, text)
    return text[:at] if random.random() < 0.8 else text[at:]


MUTATIONS: tuple[Mutation, ...] = (
    *(drop_tokens, repeat_tokens, swap_tokens, replace_token, replace_token, rename, rename, rename),
    *(
        extreme_number,
        extreme_number,
        extreme_number,
        move_lines,
        splice,
        nest,
        strange_characters,
        flip_bytes,
        truncate,
    ),
)


def damaged(text: str, random: Random) -> str:
    """The text after one mutation, or after several."""
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        text = random.choice(MUTATIONS)(text, random)
    return text
