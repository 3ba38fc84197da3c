"""A spec reads files below its project and the library, nothing else; and no output names the machine."""

from __future__ import annotations

import getpass
import os
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import archdsl
from archdsl.cli.main import cli
from archdsl.compiler import Program
from archdsl.files import NotFound, locate
from tests.conftest import FreshPython
from tests.patience import patience

PARTS = "block Part { relu }\n"
SECRET = "block Part { conv(4) }\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a spec in a folder of it, and a file outside that it may not see."""
    root = tmp_path / "project"
    (root / "nets").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "parts.arch").write_text(PARTS, encoding="utf-8")
    (root / "nets" / "parts.arch").write_text(PARTS, encoding="utf-8")
    (tmp_path / "secret.arch").write_text(SECRET, encoding="utf-8")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.arch").write_text(SECRET, encoding="utf-8")
    return root


def _codes(project: Path, imported: str, spec: Path | None = None) -> list[str]:
    net = project / "nets" / "net.arch"
    text = f'from "{imported}" import Part\nmodel Net :: [8, 8, 4] -> [8, 8, 4] {{ Part }}\n'
    net.write_text(text, encoding="utf-8")
    located = locate(str(spec or net))
    program = Program(located.source, located.loader)
    program.check()
    return [d.code for d in program.diagnostics]


@pytest.mark.parametrize(
    "path", ["./parts.arch", "../parts.arch", "../nets/./parts.arch", "parts.arch", ".//parts.arch"]
)
def test_files_of_the_project_are_read(path: str, project: Path) -> None:
    assert _codes(project, path) == []


@pytest.mark.parametrize(
    "path",
    [
        "../../secret.arch",
        "../../outside/secret.arch",
        "./../nets/../../secret.arch",
        "{outside}/secret.arch",
        "{root}/parts.arch",
        "/etc/passwd",
        "//etc/passwd",
        "~/secret.arch",
        "~root/secret.arch",
        "C:/secret.arch",
        "c:secret.arch",
        "file:///etc/passwd",
        "https://example.org/secret.arch",
        "./nul\0.arch",
        r"..\\..\\secret.arch",
        r"\\\\server\\share\\secret.arch",
        "../../missing.arch",
    ],
)
def test_what_leaves_the_project_is_refused(path: str, project: Path) -> None:
    path = path.format(outside=project.parent / "outside", root=project)
    assert _codes(project, path) in (["outside-project"], ["unexpected-character"])


@pytest.mark.parametrize(
    "path", ["./missing.arch", "./", "..", "../nets", "./PARTS.ARCH", "./" + "a" * 5_000, "./loop.arch"]
)
def test_what_is_no_file_is_not_found(path: str, project: Path) -> None:
    (project / "nets" / "loop.arch").symlink_to("loop.arch")
    assert _codes(project, path) == ["unknown-module"]


def test_links_that_leave_are_refused(project: Path) -> None:
    (project / "nets" / "file.arch").symlink_to("../../secret.arch")
    (project / "nets" / "folder").symlink_to(project.parent / "outside")
    (project / "nets" / "twice.arch").symlink_to("file.arch")
    for path in ("./file.arch", "./folder/secret.arch", "./twice.arch"):
        assert _codes(project, path) == ["outside-project"]


def test_links_within_the_project_are_followed(project: Path) -> None:
    (project / "nets" / "file.arch").symlink_to("../parts.arch")
    (project / "nets" / "folder").symlink_to("..")
    for path in ("./file.arch", "./folder/parts.arch"):
        assert _codes(project, path) == []


def test_a_project_may_be_reached_by_a_link(project: Path) -> None:
    link = project.parent / "link"
    link.symlink_to(project)
    assert _codes(project, "../parts.arch", link / "nets" / "net.arch") == []
    assert _codes(project, "../../secret.arch", link / "nets" / "net.arch") == ["outside-project"]


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_may_have_no_end_is_not_read(kind: str, project: Path) -> None:
    special = project / "nets" / "special.arch"
    start = time.monotonic()
    if kind == "pipe":
        os.mkfifo(special)
        assert _codes(project, "./special.arch") == ["unknown-module"]
    else:
        special.symlink_to("/dev/zero")
        assert _codes(project, "./special.arch") == ["outside-project"]
    with pytest.raises(NotFound, match="is no ordinary file"):
        locate(str(special))
    assert time.monotonic() - start < patience(1)


@pytest.mark.parametrize(
    "spec", ["nets", "nets.arch", "missing.arch", "a\0b.arch", "a" * 5_000 + ".arch", "", ".arch", ":", "/"]
)
def test_strange_specs_are_refused(spec: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    Path("nets.arch").mkdir()
    folders = [] if spec in ("nets", "/") else [["check"]]  # which takes them
    for command in (*folders, ["summary"], ["render", "-o", "x.svg"], ["compile", "--to", "json"]):
        result = CliRunner().invoke(cli, [command[0], spec, *command[1:]])
        assert result.exit_code == 2, result.output
        assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "name",
    [
        "std..conv",
        "std.",
        "std.../secret",
        "std.conv.arch",
        "os.path",
        "std.std",
        "std._private",
        "zoo..vit",
        "zoo.../std/conv",
        "zoo.std",
    ],
)
def test_the_library_has_no_way_out(name: str, project: Path) -> None:
    program = Program(*locate(_write(project / "x.arch", f"from {name} import Part\nlet x = 1\n"))[:2])
    assert program.has_errors
    assert locate(str(project / "x.arch")).loader.module(name) is None


def _write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_text_without_a_file_reads_the_library_alone(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    assert [d.code for d in archdsl.check_text('from "./parts.arch" import Part\nlet x = 1')][:1] == ["outside-project"]
    assert [d.code for d in archdsl.check_text("from std.conv import ConvBN\nblock A { ConvBN(3) }")] == []


def test_reading_runs_no_code(project: Path, fresh_python: FreshPython) -> None:
    """Words that mean something to Python mean nothing in a spec, and the compiler calls none that run text."""
    for text in (
        '__import__("os").system("touch pwned")',
        'eval("1")',
        "().__class__",
        "open",
        "exec",
        "{0.__class__}",
    ):
        (project / "net.arch").write_text(f"let x = {text}\nmodel Net :: [8] -> [8] {{ relu }}\n", encoding="utf-8")
        assert CliRunner().invoke(cli, ["check", str(project / "net.arch")]).exit_code == 1
    code = (
        "import builtins, sys, archdsl\n"
        "from archdsl.api import check_text\n"
        "check_text('model Net :: [8] -> [8] { relu }')\n"  # Python's own machinery for dataclasses compiles text
        "def refuse(event, arguments):\n"
        "    assert event not in ('os.system', 'subprocess.Popen', 'socket.connect', 'os.exec', 'os.fork'), event\n"
        "sys.addaudithook(refuse)\n"
        f"archdsl.load({str(project / 'nets' / 'net.arch')!r})\n"
        "for name in ('resnet50', 'swin_t'): archdsl.load(name).summary()\n"
    )
    _codes(project, "../parts.arch")
    fresh_python(code)


# --- what outputs say ---

NET = """\
from "../parts.arch" import Part
from "./blocks.arch" import Stem

## A net of two parts.
model Net(width: int = 4) :: [8, 8, 4] -> [8, 8, 4] { Stem -> Part as part -> conv(width, k=1) }
model Bad :: [8, 8, 4] -> [8, 8, 9] { Stem -> Part }
check Net, params == 3
"""


@pytest.fixture
def named(tmp_path: Path) -> Path:
    """A project in folders whose names nothing should repeat."""
    nets = tmp_path / "home-of-somebody" / "project" / "nets"
    nets.mkdir(parents=True)
    (nets.parent / "pyproject.toml").touch()
    (nets.parent / "parts.arch").write_text("block Part(unused: int = 3) { relu }\n", encoding="utf-8")
    (nets / "blocks.arch").write_text("block Stem { relu -> conv(4, k=1) }\n", encoding="utf-8")
    (nets / "net.arch").write_text(NET, encoding="utf-8")
    good = NET.replace("model Bad :: [8, 8, 4] -> [8, 8, 9] { Stem -> Part }\n", "").replace(
        "check Net, params == 3\n", ""
    )
    (nets / "good.arch").write_text(good, encoding="utf-8")
    return nets


COMMANDS: dict[str, tuple[str, ...]] = {
    "check": ("check", "{spec}"),
    "check json": ("check", "--format", "json", "{spec}"),
    "check sarif": ("check", "--format", "sarif", "{spec}"),
    "check github": ("check", "--format", "github", "{spec}"),
    "summary": ("summary", "{spec}:Net"),
    "summary json": ("summary", "--format", "json", "{spec}:Net"),
    "compile json": ("compile", "{spec}:Net", "--to", "json"),
    "compile graph": ("compile", "{spec}:Net", "--to", "graph"),
    "compile file": ("compile", "{spec}:Net", "-o", "net.json"),
    "dot": ("render", "{spec}:Net", "-o", "net.dot"),
    "svg": ("render", "{spec}:Net", "-o", "net.svg"),
    "png": ("render", "{spec}:Net", "-o", "net.png"),
    "mermaid": ("render", "{spec}:Net", "-o", "net.mmd"),
    "page": ("render", "{spec}:Net", "-o", "net.html"),
    "diff": ("diff", "{spec}:Net", "lenet5"),
    "diff json": ("diff", "--format", "json", "{spec}:Net", "lenet5"),
    "diff picture": ("diff", "{spec}:Net", "lenet5", "-o", "net.svg"),
    "compare": ("compare", "{spec}:Net", "lenet5"),
    "compare json": ("compare", "--format", "json", "{spec}:Net", "lenet5"),
    "no block": ("render", "{spec}:Net", "--fold", "Prt"),
    "no model": ("summary", "{spec}:Nett"),
    "no parameter": ("summary", "{spec}:Net", "--set", "wdth=3"),
    "bad value": ("summary", "{spec}:Net", "--set", 'width="a"'),
}


def _ways(nets: Path) -> Iterator[str]:
    """The spec by its absolute path, through a link, and by a winding one."""
    link = nets.parent.parent / "link-of-somebody"
    link.symlink_to(nets)
    yield str(nets / "{name}.arch")
    yield str(link / "{name}.arch")
    yield str(nets / ".." / "nets" / "{name}.arch")


@pytest.mark.parametrize("name", ["net", "good"])
@pytest.mark.parametrize("command", COMMANDS)
def test_no_output_names_the_machine(
    command: str, name: str, named: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "work-of-somebody"
    here.mkdir()
    monkeypatch.chdir(here)
    secrets = [str(tmp_path), tmp_path.name, "of-somebody", str(Path.home())]
    # Short names and `root` may be in outputs for other reasons.
    secrets += [name for name in (socket.gethostname(), getpass.getuser()) if len(name) > 4]
    outputs = set[bytes]()
    for way in _ways(named):
        result = CliRunner().invoke(cli, [part.format(spec=way.format(name=name)) for part in COMMANDS[command]])
        assert result.exit_code in (0, 1, 2), result.output
        written = b"".join(p.read_bytes() for p in sorted(here.iterdir()))
        output = re.sub(rb"\(\d+ ms\)|in [\d.]+ s", b"", result.output.encode()) + written
        for secret in secrets:
            assert secret.encode() not in output, secret
        outputs.add(output)
    assert len(outputs) == 1
