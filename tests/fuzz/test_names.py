"""Names stay: whatever a program grows by, or turns, nothing that stays in it has another path."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from archdsl.compiler import Program
from archdsl.graph.model import Graph, Instance, Node, Origin
from archdsl.graph.tree import local_name
from archdsl.source import SourceFile
from archdsl.syntax import ast
from archdsl.syntax.parser import parse
from archdsl.syntax.walk import children, walk
from tests.fuzz.corpus import MemoryLoader
from tests.fuzz.programs import Writer

PROGRAMS = int(os.environ.get("ARCHDSL_NAMES", "12"))
"""How many are looked at; more by hand, when the rule changes."""
KINDS = frozenset("step,tapped step,block,loop,round,element,branch,rate,value,condition,op".split(","))
NAME = "names.arch"


@dataclass(frozen=True)
class Edit:
    """Text in place of what stands between two offsets."""

    kind: str
    start: int
    end: int
    text: str
    within: tuple[int, int] | None = None
    """Where nodes may come and go; ``None`` if nodes may only come, anywhere."""
    join: int = -1
    """Where a join begins that goes with all of its branches but one."""

    def applied(self, text: str) -> str:
        return text[: self.start] + self.text + text[self.end :]

    def moved(self, offset: int) -> int:
        """Where something is after it."""
        return offset if offset <= self.start else offset + len(self.text) - (self.end - self.start)


def elaborated(text: str) -> Graph | None:
    """The graph of ``Net``; ``None`` of a spec with mistakes, or with steps that nobody needs."""
    program = Program(SourceFile(NAME, text), MemoryLoader({}))
    graph = program.graph("Net")
    return None if any(d.is_error or d.code == "unused-result" for d in program.diagnostics) else graph


def blocks(text: str) -> list[ast.Block]:
    module, problems = parse(SourceFile(NAME, text))
    assert not problems
    return [declared for declared in module.declarations if isinstance(declared, ast.Block)]


def edits(text: str) -> Iterator[Edit]:
    """What may be done to a program without a new name for anything that is in it."""
    nodes = [node for block in blocks(text) for node in walk(block.body)]
    joins = {
        chosen.span: node.target.span.start
        for node in nodes
        if isinstance(node, ast.Apply)
        for branch in node.branches or ()
        if isinstance(branch.flow, ast.Several)
        for chosen in walk(branch.flow)  # `else if` is a condition within
        if isinstance(chosen, ast.Choose)
    }
    for node in nodes:
        end = node.span.end
        match node:
            case ast.Flow():
                # A step behind the others, of a word that the program has nowhere else, or with a tap.
                yield Edit("step", end, end, " -> hard_tanh_of_mine")
                yield Edit("tapped step", end, end, " -> relu as added")
                yield Edit("block", end, end, " -> Added(4)")
                yield Edit("loop", end, end, " -> repeat 2 { Added(4) }")
            case ast.Repeat():
                yield Edit("round", node.count.span.start, node.count.span.end, f"({node.count.span.text}) + 1")
            case ast.Each():
                last = node.iterable.span
                yield Edit("element", last.start, last.end, f"[...{last.text}, {last.text}[-1]]")
            case ast.Apply() if node.branches and not _holds_body(node):
                label = "\n added: " if node.branches[-1].label else ", "
                yield Edit("branch", end - 1, end - 1, f"{label}tanh\n")
            case ast.Apply() if node.target.span.text == "residual" and node.arguments is None:
                at = node.target.span.end
                yield Edit("rate", at, at, "(drop=0.3)")
            case ast.Apply():
                for argument in node.arguments or ():
                    span = argument.value.span
                    if isinstance(argument.value, ast.Literal) and type(argument.value.value) in (int, float):
                        yield Edit("value", span.start, span.end, f"({span.text} + {argument.value.value})")
            case ast.Choose():
                span = node.condition.span
                within, join = (node.span.start, node.span.end), joins.get(node.span, -1)
                yield Edit("condition", span.start, span.end, f"not ({span.text})", within, join)
            case _:
                pass
    for param in (param for block in blocks(text) for param in block.params):
        if param.default is not None and param.default.span.text == "relu":
            yield Edit("op", param.default.span.start, param.default.span.end, "silu")


def prepared(program: str) -> str:
    """The program, with what the edits add."""
    added = "let hard_tanh_of_mine = tanh\nblock Added(n: int) { relu -> repeat n { tanh } }\n"
    return program.replace("fn half(", f"{added}\nfn half(", 1)


def places(graph: Graph, edit: Edit | None = None, *, outside: bool = False) -> dict[str, tuple[str, int]]:
    """Where each node was written, by its path; of those that an edit is not about."""
    inside = dict[int, bool]()

    def is_within(origin: Origin) -> bool:
        if edit and (origin.file, origin.start) == (NAME, edit.join):
            return True
        limits = edit.within if edit else None
        return limits is not None and origin.file == NAME and limits[0] <= origin.start < limits[1]

    for index, instance in enumerate(graph.instances):
        inside[index] = is_within(instance.origin) or (instance.parent is not None and inside[instance.parent])
    return {
        node.path: (node.origin.file, node.origin.start)
        for node in graph
        if not outside or not (inside[node.instance] or is_within(node.origin))
    }


def renamed(before: Graph, after: Graph, edit: Edit) -> list[str]:
    """The paths that went, or that are those of other steps than they were."""
    now = places(after)
    wrong = []
    for path, (file, start) in places(before, edit, outside=True).items():
        moved = (file, edit.moved(start) if file == NAME else start)
        if now.get(path) != moved:
            wrong.append(path)
    return wrong


def programs(count: int) -> Iterator[tuple[Random, str, Graph]]:
    """Programs with their graphs; those with steps that nobody needs are left out."""
    for seed in range(count):
        random = Random(seed)
        text = prepared(Writer(random).program())
        graph = elaborated(text)
        if graph is not None:
            yield random, text, graph


def test_what_stays_keeps_its_name() -> None:
    tried = Counter[str]()
    for random, text, before in programs(PROGRAMS):
        by_kind: dict[str, list[Edit]] = {}
        for edit in edits(text):
            by_kind.setdefault(edit.kind, []).append(edit)
        for kind, possible in by_kind.items():
            edit = random.choice(possible)
            after = elaborated(edit.applied(text))
            if after is not None:
                tried[kind] += 1
                assert renamed(before, after, edit) == [], f"{edit} in\n{text}"
    assert set(tried) == KINDS
    assert min(tried.values()) >= PROGRAMS // 4, tried


def test_what_is_put_before_others_of_its_word_is_seen() -> None:
    """The comparison can fail: the number of a word counts those before it."""
    found = 0
    for _, text, before in programs(6):
        (body,) = (block.body for block in blocks(text) if block.name.id == "Net")
        assert body.flow is not None
        start = body.flow.span.start
        edit = Edit("step before", start, start, "relu -> dropout(0.1) -> ")
        after = elaborated(edit.applied(text))
        found += after is not None and renamed(before, after, edit) != []
    assert found >= 3


def test_every_round_and_branch_has_a_number() -> None:
    """One for each loop and each branch without a label around a step in its block, a loop of one round included."""
    counted = 0
    for _, text, graph in programs(PROGRAMS):
        depth = {(NAME, start): n for block in blocks(text) for start, n in _depths(block.body, 0)}
        homes = dict(enumerate(graph.instances))
        for item in (*graph.nodes, *graph.instances):
            place = item.origin.file, item.origin.start
            if place not in depth or (isinstance(item, Instance) and item.kind != "block"):
                continue
            home = item.instance if isinstance(item, Node) else item.parent
            while home is not None and homes[home].kind == "group":
                home = homes[home].parent
            assert home is not None
            numbers = [part for part in local_name(item.path, homes[home].path).split(".") if part.isdecimal()]
            assert len(numbers) == depth[place], item.path
            counted += len(numbers)
        paths = [instance.path for instance in graph.instances]
        assert len({*paths}) == len(paths)
    assert counted > 5 * PROGRAMS


def _depths(node: ast.Node, depth: int) -> Iterator[tuple[int, int]]:
    """Where each step is called, and how many loops and branches without a label are around it."""
    if isinstance(node, ast.Apply):
        yield node.target.span.start, depth
    inner = depth + isinstance(node, ast.Each | ast.Repeat)
    for child in children(node):
        is_branch = isinstance(child, ast.Branch) and child.label is None and not _holds_body(node)
        yield from _depths(child, inner + is_branch)


def _holds_body(node: ast.Node) -> bool:
    """Whether the braces of a step hold its body, which belongs to the part around it."""
    return isinstance(node, ast.Apply) and node.target.span.text in ("residual", "float32")
