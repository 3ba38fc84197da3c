"""Specs that ask for more than a machine has, each with the code of the error that ends it."""

from __future__ import annotations

from typing import Final, NamedTuple


class Hostile(NamedTuple):
    """A text, and the code of an error that must be among those reported."""

    text: str
    code: str


def model(body: str, before: str = "") -> str:
    return f"{before}\nmodel Net() :: [8, 8, 4] -> [8, 8, 4] {{\n{body}\n}}\n"


def chain(first: str, line: str, times: int = 60) -> str:
    """``first``, then ``line`` again and again, in which ``N`` is the number of the line and ``P`` the one before."""
    return "\n".join([first, *(line.replace("P", str(i - 1)).replace("N", str(i)) for i in range(1, times))]) + "\n"


def nested(name: str, depth: int) -> str:
    """A model whose ops lie in ``depth`` blocks within blocks, each under a tap of this name."""
    blocks = chain("block B0 { repeat 100 { relu } }", f"block BN {{ BP as {name} }}", depth)
    return model(f"repeat 40 {{ B{depth - 1} }}", blocks)


_LISTS = chain("let a0 = [1]", "let aN = [aP, aP]")
_LONG = "let s = range(99_000)\n"
_NAMES = ", ".join(f"a{i}" for i in range(12))
_SUM = _NAMES.replace(",", " +")

HOSTILE: Final[dict[str, Hostile]] = {
    # --- expansion ---
    "repeats": Hostile(model("repeat 1000 { repeat 1000 { repeat 1000 { relu } } }"), "too-much-work"),
    "loops": Hostile(
        model("for a in range(999) { for b in range(999) { for c in range(999) { relu } } }"), "too-much-work"
    ),
    "idle loops": Hostile(model("repeat 90_000 { repeat 90_000 { if false { relu } } }"), "too-much-work"),
    "doubling blocks": Hostile(model("B59", chain("block B0 { relu }", "block BN { BP -> BP }")), "graph-too-large"),
    "doubling branches": Hostile(
        model("B39", chain("block B0 { relu }", "block BN { add { a: BP\n b: BP } }", 40)), "graph-too-large"
    ),
    "doubling errors": Hostile(
        model("B39", chain("block B0(x: int) { relu }", "block BN { BP -> BP }", 40)), "missing-argument"
    ),
    "large variants": Hostile(
        chain("block B0 { relu }", "block BN { BP -> BP }", 16)
        + "model V(n: int = 1) :: [8] -> [8] { B15 }\n"
        + "\n".join(f"model V{i} = V(n={i})" for i in range(100)),
        "graph-too-large",
    ),
    "different blocks": Hostile(model("repeat 90_000 as i { A(i) }", "block A(n: int) { relu }"), "too-much-work"),
    "a long body in a loop": Hostile(
        model("repeat 900 { repeat 900 { repeat 0 { " + " -> ".join(["relu"] * 1_000) + " } } }"), "too-much-work"
    ),
    "an error in a loop": Hostile(model("repeat 90_000 as i { conv(4, nome=i) }"), "too-much-work"),
    "comprehensions": Hostile(
        "let a = [[[i for i in range(999)] for j in range(999)] for k in range(999)]", "too-much-work"
    ),
    "a long comment": Hostile(
        "#" * 50_000 + model("repeat 1000 { repeat 1000 { repeat 1000 { relu } } }"), "too-much-work"
    ),
    "checks of one model": Hostile(
        model("repeat 9_000 { relu }") + "check Net, depth == 1, receptive_field == 1\n" * 2_000, "too-many-problems"
    ),
    "doubling functions": Hostile(
        chain("fn f0(x: int) = x", "fn fN(x: int) = fP(x) + fP(x)", 40) + "let a = f39(1)", "too-much-work"
    ),
    "nested functions": Hostile(
        chain("fn f0(x: int) = x", "fn fN(x: int) = fP(fP(x))") + "let a = f59(1)", "too-much-work"
    ),
    "blocks given to blocks": Hostile(
        model(
            "A59(relu)",
            "block Two(f: op) { f -> f }\n" + chain("block A0(f: op) { f }", "block AN(f: op) { AP(Two(f)) }"),
        ),
        "nested-too-deeply",
    ),
    "many tensors": Hostile(
        model(
            "for i in range(3_000) { relu as a } -> B50(a)",
            chain("block B0(x: list) { nope }", "block BN(x: list) { BP(x) }", 51),
        ),
        "unknown-name",
    ),
    "many tensors again and again": Hostile(
        model(
            "for i in range(1_000) { relu as a } -> for i in range(1_000) { B(a, i) }",
            "block B(x: list, n: int) { relu }",
        ),
        "graph-too-large",
    ),
    "long names": Hostile(
        model(f"repeat 7_000 as i {{ {'N' * 30_000}(i) }}", f"block {'N' * 30_000}(x: int) {{ relu }}"), "too-much-work"
    ),
    "long names in long names": Hostile(nested("n" * 1_000, 30), "too-much-work"),
    "recursion": Hostile(model("A", "block A { B }\nblock B { A }"), "recursive-definition"),
    "functions": Hostile("fn f(n: int) = g(n)\nfn g(n: int) = f(n) + f(n)\nlet x = f(3)", "recursive-definition"),
    "values": Hostile("let a = b\nlet b = c\nlet c = a", "recursive-definition"),
    # --- what is not seen at once ---
    "edges": Hostile(
        model("repeat 8_000 { B }", "block B :: [8, 8, 4] -> [8, 8, 4] { id as x -> maximum(...([x] * 5_000)) }"),
        "graph-too-large",
    ),
    "dense edges": Hostile(model("repeat 400 { relu as a } -> repeat 300 { add(...a) as b }"), "too-much-work"),
    "sizes of many terms": Hostile(
        f"model Net() :: (i: [{_NAMES}], j: [({_SUM}) ** 2, ({_SUM}) ** 2 + 1, 3]) -> [...] {{\n"
        "j -> for i in range(5_000) { rescale(1.0 * i) }\n}\n",
        "number-too-large",
    ),
    "powers of many terms": Hostile(
        f"model Net() :: [{_NAMES}] -> [...] {{\nlet p = {_SUM}\n"
        + "\n".join(f"let x{i} = p ** 8" for i in range(900))
        + "\nrelu }",
        "number-too-large",
    ),
    "alternatives of a type": Hostile(
        f"fn f(x: list[int{' | int' * 6_000}]) = 1\nlet a = [f([true] * 60_000) for i in range(20)]\n", "too-much-work"
    ),
    "a dimension that is not taken": Hostile(
        f"model Net() :: [8] -> [8] {{ repeat 40_000 {{ relu :: [8 if true else ({'1 + ' * 6_000}1)] }} }}",
        "too-much-work",
    ),
    "conditions that are not asked": Hostile(
        f"let x = [true{' or true' * 6_000} for i in range(90_000)]", "too-much-work"
    ),
    "many parameters": Hostile(
        f"block B({', '.join(f'p{i}: int = 1' for i in range(3_000))}) {{ relu }}\n" + model("repeat 40_000 { B(1) }"),
        "too-much-work",
    ),
    "taps of a loop without rounds": Hostile(
        model("repeat 30_000 { repeat 0 {\n" + "\n-> ".join(f"relu as t{i}" for i in range(1_000)) + "} }"),
        "too-much-work",
    ),
    "an unknown type": Hostile(model("repeat 90_000 as i { A(i) }", "block A(n: nt) { relu }"), "unknown-name"),
    "columns": Hostile(
        f"let t = table {{\n{' '.join(f'c{i}' for i in range(12_000))}\n{'1 ' * 12_000}\n}}\nlet u = t[0].d",
        "unknown-field",
    ),
    "one import again and again": Hostile(
        "\n".join(f"from std.conv import ConvBN as B{i}" for i in range(10_000)), "too-many-problems"
    ),
    # --- numbers ---
    "powers": Hostile("let x = 10 ** 10 ** 10", "number-too-large"),
    "tower": Hostile("let x = 2 ** 2 ** 2 ** 2 ** 2 ** 2", "number-too-large"),
    "long tower": Hostile("let x = " + " ** ".join(["9"] * 9_000), "nested-too-deeply"),
    "product": Hostile("let a = 10 ** 70\nlet b = a * a", "number-too-large"),
    "digits": Hostile("let x = " + "9" * 100_000, "number-too-large"),
    "exponent": Hostile("let x = 1e99999999999999999999G", "number-too-large"),
    "float": Hostile("let x = 1e300 * 1e300", "number-too-large"),
    "polynomial": Hostile(
        "model Net() :: [h, w, c] -> [h, w, c] { let a = (h + w + c + 1) ** 8\n let b = a * a\n relu }",
        "number-too-large",
    ),
    "sum of sizes": Hostile(
        "model Net() :: [h] -> [h] { let s = [h + i for i in range(9_999)]\n let t = [sum(s) for i in s]\n relu }",
        "too-much-work",
    ),
    "float power": Hostile("let x = 10.0 ** 10 ** 3", "number-too-large"),
    "small figure": Hostile(model("relu") + "check Net, params ~= 1e-" + "9" * 19, "number-too-large"),
    "degree": Hostile(
        "model Net() :: [h] -> [h] {\n" + chain("let a0 = h * 2", "let aN = aP * aP") + "relu }", "number-too-large"
    ),
    "coefficient": Hostile(
        "model Net() :: [h] -> [h] {\n" + chain("let a0 = h * 9", "let aN = aP * 10 ** 70") + "relu }",
        "number-too-large",
    ),
    "dimension": Hostile(model("repeat 3000 { concat { id\n id } }"), "number-too-large"),
    "rank": Hostile("model Net() :: [" + "2, " * 3_000 + "] -> [1] { relu }", "number-too-large"),
    # --- lists and strings ---
    "list": Hostile("let x = [0] * 10 ** 9", "value-too-long"),
    "string": Hostile('let x = "ab" * 10 ** 60', "value-too-long"),
    "range": Hostile("let x = range(10 ** 60)", "value-too-long"),
    "doubling list": Hostile(chain("let a0 = [1]", "let aN = aP + aP"), "value-too-long"),
    "doubling string": Hostile(chain('let a0 = "a"', "let aN = aP + aP"), "value-too-long"),
    "lists of lists": Hostile(_LISTS, "value-too-long"),
    "lists as arguments": Hostile(model("A(a59)", f"{_LISTS}block A(x: list) {{ relu }}"), "value-too-long"),
    "zipped lists": Hostile(chain("let a0 = [1]", "let aN = zip(aP, aP)"), "value-too-long"),
    "rows of rows": Hostile(chain("let a0 = 1", "let aN = table { x y\n aP aP }[0]"), "value-too-long"),
    "blocks in blocks": Hostile(
        chain("block A(x: op, y: op) { relu }\nlet a0 = relu", "let aN = A(aP, aP)"), "value-too-long"
    ),
    "chain of lists": Hostile(chain("let a0 = [1]", "let aN = [aP]", 3_000), "nested-too-deeply"),
    "spread": Hostile(f"{_LONG}let a = [{', '.join(['...s'] * 99)}]", "value-too-long"),
    "many strings": Hostile('let s = "a" * 99_000\nlet a = [s + "b" for i in range(99_000)]', "too-much-work"),
    "many lists": Hostile(f"{_LONG}let a = [s + [i] for i in s]", "too-much-work"),
    "slices": Hostile(f"{_LONG}let a = [s[i:] for i in s]", "too-much-work"),
    "membership": Hostile(f"{_LONG}let a = [i in s for i in s]", "too-much-work"),
    "equality": Hostile(f"{_LONG}let t = range(99_000)\nlet a = [s == t for i in s]", "too-much-work"),
    "sums": Hostile(f"{_LONG}let a = [sum(s) + max(s) for i in s]", "too-much-work"),
    "typed lists": Hostile(f"{_LONG}fn f(x: list[int]) = 1\nlet a = [f(s) for i in s]", "too-much-work"),
    "long arguments": Hostile(
        model("repeat 90_000 { A(s) }", f"{_LONG}block A(x: list[int]) {{ relu }}"), "too-much-work"
    ),
    "spread arguments": Hostile(f"{_LONG}let a = [min(...s) for i in s]", "too-much-work"),
    # --- nesting ---
    "brackets": Hostile("let x = " + "[" * 100_000 + "]" * 100_000, "nested-too-deeply"),
    "open brackets": Hostile("let x = " + "(" * 100_000, "nested-too-deeply"),
    "braces": Hostile(model("{" * 100_000 + "relu" + "}" * 100_000), "nested-too-deeply"),
    "types": Hostile("block A(x: " + "list[" * 9_000 + "int" + "]" * 9_000 + ") { relu }", "nested-too-deeply"),
    "calls": Hostile(model("A299", chain("block A0 { relu }", "block AN { AP }", 300)), "nested-too-deeply"),
    "signs": Hostile("let x = " + "- " * 9_000 + "1", "nested-too-deeply"),
    "nots": Hostile("let x = " + "not " * 9_000 + "true", "nested-too-deeply"),
    "conditions": Hostile("let x = " + "1 if false else " * 4_000 + "1", "nested-too-deeply"),
    "else if": Hostile(model("if false { relu }" + " else if false { relu }" * 3_000), "nested-too-deeply"),
    "indices": Hostile("let x = [1]" + "[0]" * 6_000, "nested-too-deeply"),
    "taps": Hostile(model("relu" + "".join(f" as t{i}" for i in range(9_000))), "nested-too-deeply"),
    # --- length ---
    "arguments": Hostile("let x = max(" + "1, " * 100_000 + "1)", "statement-too-long"),
    "parameters": Hostile(
        f"block A({', '.join(f'p{i}: int' for i in range(100_000))}) {{ relu }}", "statement-too-long"
    ),
    "sum of many": Hostile("let x = 1" + " + 1" * 100_000, "statement-too-long"),
    "types of many": Hostile("block A(x: int" + " | int" * 100_000 + ") { relu }", "statement-too-long"),
    "cells": Hostile("let t = table { " + "c " * 100_000 + "\n}", "statement-too-long"),
    "a long string": Hostile(f'let x = "{"a" * 5_000_000}"', "value-too-long"),
    "a long name": Hostile(f"let x = {'a' * 5_000_000}", "unknown-name"),
    "an open string": Hostile('let x = "' + '\\"' * 2_000_000, "unclosed-string"),
    "a long file": Hostile("let x = 1\n" * 1_700_000, "source-too-long"),
    "garbage": Hostile("let x = " + ";" * 2_000_000, "unexpected-character"),
    # --- mistakes ---
    "unknown names": Hostile("\n".join(f"let x{i} = y{i}" for i in range(10_000)), "too-many-problems"),
    "unknown steps": Hostile(model("\n-> ".join(f"convv{i}(3)" for i in range(4_000))), "too-many-problems"),
    "similar names": Hostile(
        "\n".join(f"let abcdefghij{i} = 1\nlet y{i} = abcdefghijk{i}" for i in range(3_000)), "too-many-problems"
    ),
    "repeated names": Hostile("let x = 1\n" * 10_000, "too-many-problems"),
    "repeated taps": Hostile(model("\n-> ".join(["relu as x"] * 4_000)), "too-many-problems"),
    "unknown imports": Hostile("\n".join(f"from std.foo{i} import A" for i in range(10_000)), "too-many-problems"),
    "syntax": Hostile("\n".join(f"let x{i} = = {i}" for i in range(10_000)), "unexpected-token"),
    # --- bytes ---
    "null": Hostile("let x = 1\n\0\0\nlet y = 2", "unexpected-character"),
    "byte order marks": Hostile("\ufeff\ufefflet x = 1", "unexpected-character"),
    "surrogate": Hostile("let x = \ud800", "not-utf8"),
}
