"""Warnings about what is hardly ever meant: where they are found, how often, and how a line allows them."""

from __future__ import annotations

import pytest

from archdsl.compiler import Program
from archdsl.diagnostics import Diagnostic
from archdsl.files import DiskLoader
from archdsl.source import SourceFile
from tests.unit.elaborate.specs import mistakes, program


def found(text: str) -> list[tuple[str, int, int]]:
    """The code of each diagnostic, its line, and in how many instances it is."""
    return [(d.code, d.span.line, 1 + d.more) for d in program(text).diagnostics]


def codes(body: str, given: str = "[32, 32, 8]") -> list[str]:
    made = program(f"model M() :: {given} -> [_] {{\n{body}\n-> flatten\n}}")
    assert not made.has_errors, [d.text for d in made.diagnostics]
    return [d.code for d in made.diagnostics]


@pytest.mark.parametrize(
    ("body", "warned"),
    [
        ("attention(2)", True),
        ("conv(16) -> layer_norm -> attention(2)", True),
        ("attention(2, key_dim=4) as a", True),
        ("attention(2) :: [_, _, 8]", False),
        ("attention(2) :: [32, 32, 8] as a", False),
        ("flatten_spatial -> attention(2)", False),
        ("flatten_spatial -> attention(2) -> unflatten_spatial([32, 32]) -> attention(2)", True),
        ("window_partition(8) -> attention(2)", False),
        ("window_partition(8) -> attention(2) -> window_merge(8, [32, 32]) -> attention(2)", True),
        ("reshape([4, 8, 32, 8]) -> permute([0, 2, 1, 3]) -> reshape([128, 8, 8]) -> attention(2)", False),
        ("reshape([1024, 2, 4]) -> attention(2)", False),
        ("permute([1, 0, 2]) -> attention(2)", True),
        ("permute([1, 0, 2]) -> attention(2)  # allow: attention-on-map", False),
        ("flatten_spatial -> reshape([16, 64, 8]) -> attention(2)", False),
    ],
)
def test_attention_on_a_map(body: str, warned: bool) -> None:
    assert codes(body) == ["attention-on-map"] * warned


def test_attention_in_a_check_of_a_block_says_nothing_of_maps() -> None:
    assert mistakes("block B() :: [a, b, c] -> [a, b, c] { attention(2) }\ncheck B() :: [4, 49, 8] -> [4, 49, 8]") == []


@pytest.mark.parametrize(
    ("body", "warned"),
    [
        ("conv(8, k=33)", True),
        ("conv(8, k=32)", False),
        ("conv(8, k=[1, 33])", True),
        ("depthwise_conv(40)", True),
        ("separable_conv(8, k=40)", True),
        ("max_pool(40, stride=1)", True),
        ("avg_pool([40, 1], stride=1)", True),
        ("max_pool(32)", False),
        ("global_avg_pool(keepdims=true) -> conv_transpose(8, k=4, stride=4)", False),
        ("global_avg_pool(keepdims=true) -> conv(8, k=1)", False),
    ],
)
def test_kernels_and_maps(body: str, warned: bool) -> None:
    assert codes(body) == ["kernel-larger-than-map"] * warned


@pytest.mark.parametrize(
    ("body", "warned"),
    [
        ("conv(64, k=1) -> conv(64, 64, 3)", True),
        ("conv(64, k=1) -> conv(64, 128, 3)", True),
        ("conv(16, k=1) -> conv_transpose(16, 16, 2)", True),
        ("conv(64, k=1) -> conv(32, 7, 2)", False),
        ("conv(8, 3, 1)", False),
        ("conv(8, 16, 16)", False),
    ],
)
def test_channels_as_kernel(body: str, warned: bool) -> None:
    assert codes(body, "[256, 256, 8]") == ["channels-as-kernel"] * warned


@pytest.mark.parametrize(
    ("shape", "warned"),
    [
        ("[64, 32, 32, 3]", True),
        ("[?, 32, 32, 3]", True),
        ("[8, 28, 28, 1]", True),
        ("[batch, 32, 32, 3]", True),
        ("[batch, 784]", True),
        ("[64, 3, 32, 32]", True),
        ("[8, 1, 28, 28]", True),
        ("[64, 64, 64, 1]", False),
        ("[16, 112, 112, 2]", False),
        ("[16, 3, 3, 3]", False),
        ("[16, 2, 112, 112]", False),
        ("[32, 32, 3]", False),
        ("[197, 768]", False),
    ],
)
def test_batches(shape: str, warned: bool) -> None:
    assert [c for c, _, _ in found(f"model M() :: {shape} -> [_] {{ layer_norm -> flatten }}")] == [
        "batch-in-shape"
    ] * warned


def test_channels_of_a_batch_move_to_the_end() -> None:
    (warning,) = program("model M() :: [64, 3, 32, 32] -> [_] { layer_norm -> flatten }").diagnostics
    assert warning.help[0] == "shapes leave out the batch: `[32, 32, 3]`"


def test_clips_are_no_batches() -> None:
    model = "model M() :: [16, 112, 112, 3] -> [_] {{ conv(8, k={}) -> flatten }}"
    assert [c for c, _, _ in found(model.format("3"))] == ["batch-in-shape"]
    assert found(model.format("[1, 3, 3]")) == []


@pytest.mark.parametrize(
    ("body", "warned"),
    [
        ("id as a -> conv(8) as b -> concat(a, b)", True),
        ("id as a -> conv(8) -> concat(a)", False),
        ("id as a -> conv(8) -> concat(a, a)", True),
        ("relu as a -> mul(a)", True),
        ("relu as a -> subtract(a)", True),
        ("relu -> mul { id, id }", False),
        ("relu as a -> mul { a, a }", False),
        ("relu as a -> add { a, a }", True),
        ("concat { id, id }", False),
        ("for i in range(2) { conv(8) as y } -> concat(...y)", True),
        ("id as x -> for i in range(2) { conv(8) as y } -> { x -> concat(...y) }", False),
        ("relu as a -> matmul(a, transpose_b=true)", False),
        ("relu as a -> mul(a)  # allow: joined-with-itself", False),
    ],
)
def test_joined_with_itself(body: str, warned: bool) -> None:
    body = body.replace("concat(...y)", "concat(...y, axis=-1)")
    assert codes(body) == ["joined-with-itself"] * warned


@pytest.mark.parametrize(
    ("body", "warned"),
    [
        ("add { conv(8), if false { relu } }", True),
        ("add { conv(8), if true { relu } }", False),
        ("add { conv(8), if false { relu } else { id } }", False),
        ("add { conv(8), relu -> if false { relu } }", False),
        ("add { conv(8), if false { relu } -> if false { conv(8) } }", True),
        ("residual { if false { relu } }", True),
        ("residual(when=false) { if false { relu } }", False),
        ("if false { relu }", False),
    ],
)
def test_identity_branches(body: str, warned: bool) -> None:
    assert codes(body) == ["identity-branch"] * warned


@pytest.mark.parametrize(
    ("shape", "body", "warned"),
    [
        ("[16, 16]", "add { id, permute([1, 0]) }", True),
        ("[16, 16]", "add { dense(16), permute([1, 0]) -> dense(16) -> permute([1, 0]) }", False),
        ("[16, 16]", "matmul { id, permute([1, 0]) }", False),
        ("[16, 16]", "concat { id, permute([1, 0]) }", True),
        ("[16, 16, 4]", "maximum { id, permute([1, 0, 2]) }", True),
        ("[16, 16, 16]", "mul(broadcast=true) { id, global_avg_pool(keepdims=true) }", False),
        ("[16, 16, 16]", "mul(broadcast=true) { id, global_avg_pool(keepdims=true) -> permute([2, 0, 1]) }", True),
        ("[16, 16, 16]", "mul(broadcast=true) { id, global_avg_pool -> reshape([16, 1, 1]) }", True),
        ("[16, 16, 16]", "mul(broadcast=true) { id, global_avg_pool -> reshape([1, 1, 16]) }", False),
        # An outer sum stretches both on purpose.
        ("[16, 4]", "add(broadcast=true) { reshape([16, 1, 4]), reshape([1, 16, 4]) }", False),
        ("[16, 16]", "add { id, permute([1, 0]) }  # allow: crossed-axes", False),
    ],
)
def test_crossed_axes(shape: str, body: str, warned: bool) -> None:
    assert codes(body, shape) == ["crossed-axes"] * warned


def test_momentum_is_about_the_number_not_its_place() -> None:
    assert codes("batch_norm(momentum=0.4999)") == ["low-momentum"]
    assert codes("batch_norm(momentum=0.5) -> batch_norm(momentum=1.0)") == []


UNIT = "block Unit() :: [h, w, c] -> [h, w, c] {\n  batch_norm(momentum=0.1)\n}\n"


def test_one_warning_for_one_place_with_the_number_of_instances() -> None:
    text = UNIT + "model M() :: [4, 4, 8] -> [4, 4, 8] { repeat 3 { Unit } -> conv(6, bias=false) -> Unit -> conv(8) }"
    assert found(text) == [("low-momentum", 2, 4)]


LIBRARY = """from std.conv import ConvBNAct
model M() :: [8, 8, 3] -> [2, 2, 4] {
  ConvBNAct(4, stride=4)
  -> ConvBNAct(4){}
  -> ConvBNAct(4){}
}
"""


def test_warnings_of_the_library_stand_at_each_call_that_leads_there() -> None:
    text = LIBRARY.replace("{}\n  ->", "\n  ->").replace("{}", "")
    assert found(text) == [("kernel-larger-than-map", 4, 1), ("kernel-larger-than-map", 5, 1)]
    (first, _) = program(text).diagnostics
    assert [label.span.source.name for label in first.labels] == ["std/conv.arch"]
    allowed = text.replace("-> ConvBNAct(4)\n}", "-> ConvBNAct(4)  # allow: kernel-larger-than-map\n}")
    assert found(allowed) == [("kernel-larger-than-map", 4, 1)]


def test_what_is_allowed_is_allowed_in_every_instance() -> None:
    text = UNIT.replace("0.1)", "0.1)  # allow: low-momentum") + "model M() :: [4, 4, 8] -> [4, 4, 8] { Unit -> Unit }"
    assert found(text) == []


def test_a_comment_of_its_own_is_for_the_next_line_of_code() -> None:
    line = "-> batch_norm(momentum=0.1)"
    for above in ("# allow: low-momentum", "# allow: low-momentum\n\n# Why?", "# allow:low-momentum, unused-name"):
        text = f"model M(n: int = 1) :: [4, 4, 8] -> [4, 4, 8] {{\n  relu\n  {above}\n  {line}\n  {line}\n}}"
        warned = [(code, text.splitlines()[at - 1].strip()) for code, at, _ in found(text)]
        assert warned.count(("low-momentum", line)) == 1, warned


def test_only_what_is_written_there_is_allowed() -> None:
    body = "relu as a -> add(a) -> batch_norm(momentum=0.1)  # allow: {}"
    assert codes(body.format("low-momentum")) == ["joined-with-itself"]
    assert codes(body.format("low-momentum, joined-with-itself")) == []
    assert codes(body.format("low-momentum joined-with-itself")) == []
    assert sorted(codes(body.format("name-style"))) == ["joined-with-itself", "low-momentum", "unused-allow"]
    assert sorted(codes(body.format("LowMomentum"))) == ["joined-with-itself", "low-momentum", "unknown-allow"]


def test_nobody_knows_what_silences_nothing_in_code_that_was_not_elaborated() -> None:
    comment = "# allow: low-momentum"
    assert found(f"block B() {{\n relu  {comment}\n}}") == []
    assert found(f"model M() :: [4] -> [4] {{\n relu {comment}\n}}") == [("unused-allow", 2, 1)]
    untaken = f"model M() :: [4] -> [4] {{\n if false {{\n batch_norm(momentum=0.1) {comment}\n}}\n}}"
    assert found(untaken) == []
    broken = f"model M() :: [4] -> [4] {{\n relu {comment}\n -> dense(3)\n}}"
    assert [code for code, _, _ in found(broken)] == ["contract-broken"]


def test_files_that_are_imported_keep_what_they_allow() -> None:
    class Files(DiskLoader):
        def file(self, path: str, importer: SourceFile) -> SourceFile:
            return SourceFile(path, UNIT.replace("0.1)", "0.1)  # allow: low-momentum, unused-name"))

    text = 'from "unit.arch" import Unit\nmodel M() :: [4, 4, 8] -> [4, 4, 8] { Unit }'
    made = Program(SourceFile("main.arch", text), Files())
    made.check()
    assert made.diagnostics == ()


def test_errors_are_no_matter_of_taste() -> None:
    text = "model M() :: [4] -> [4] {\n dense(3)  # allow: contract-broken\n}"
    assert {code for code, _, _ in found(text)} == {"contract-broken", "unknown-allow"}


def test_warnings_say_how_they_are_allowed() -> None:
    def help_of(text: str) -> list[Diagnostic]:
        return [d for d in program(text).diagnostics if not any(f"# allow: {d.code}" in line for line in d.help)]

    assert help_of(UNIT + "model M() :: [4, 4, 8] -> [4, 4, 8] { Unit }") == []
