"""Specs at git revisions: the file with its imports as they were, and words for what cannot be had."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from archdsl import revisions
from archdsl.api import load
from archdsl.cli.main import cli
from archdsl.diagnostics import ArchError
from archdsl.files import NotFound, locate
from archdsl.limits import Limits

UNIT = "block Unit(width: int) :: [n] -> [width] { dense(width) -> relu }\n"
NET = 'from "lib/unit.arch" import Unit\n\nmodel Net() :: [8] -> [4] { Unit(16) -> dense(4) }\n'


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose first commit, ``v1``, has narrower layers, and whose working tree has other ones again."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "repository"
    (folder / "nets" / "lib").mkdir(parents=True)
    monkeypatch.chdir(folder)
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "nets" / "net.arch").write_text(NET)
    (folder / "nets" / "lib" / "unit.arch").write_text(UNIT)
    (folder / "nets" / "gone.arch").write_text("model Gone() :: [8] -> [2] { dense(2) }\n")
    (folder / "nets" / "link.arch").symlink_to("net.arch")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "one")
    git(folder, "tag", "v1")
    (folder / "nets" / "lib" / "unit.arch").write_text(UNIT.replace("dense(width)", "dense(width, bias=false)"))
    (folder / "nets" / "gone.arch").unlink()
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "two")
    git(folder, "branch", "feature/two.0")
    (folder / "nets" / "net.arch").write_text(NET.replace("16", "32"))
    return folder


def params(spec: str) -> int:
    return load(spec).summary().params


def test_the_spec_and_its_imports_are_of_the_revision(repository: Path) -> None:
    assert params("nets/net.arch@v1") == (8 * 16 + 16) + (16 * 4 + 4)
    assert params("nets/net.arch@HEAD") == 8 * 16 + (16 * 4 + 4)
    assert params("nets/net.arch@HEAD~1:Net") == params("nets/net.arch@v1")
    assert params("nets/net.arch@feature/two.0") == params("nets/net.arch@HEAD")
    assert params("nets/net.arch") == 8 * 32 + (32 * 4 + 4)
    assert params(str(repository / "nets" / "net.arch@v1")) == params("nets/net.arch@v1")


def test_a_file_that_is_gone_since(repository: Path) -> None:
    assert params("nets/gone.arch@v1") == 8 * 2 + 2
    (repository / "nets" / "net.arch").rename(repository / "net.arch")
    assert load("nets/net.arch@v1").name == "Net"


def test_nothing_is_checked_out(repository: Path) -> None:
    before = git(repository, "status", "--porcelain")
    load("nets/net.arch@v1")
    assert git(repository, "status", "--porcelain") == before


def test_names_say_the_revision(repository: Path) -> None:
    origins = {node.origin.file for node in load("nets/net.arch@v1").graph}
    assert origins == {"nets/net.arch@v1", "nets/lib/unit.arch@v1"}


def test_the_model_that_the_file_is_named_after(repository: Path) -> None:
    (repository / "two.arch").write_text("model Two() :: [1] -> [1] { id }\nmodel Other() :: [1] -> [1] { relu }\n")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "three")
    git(repository, "tag", "v3.1/x.y")
    assert load("two.arch@v3.1/x.y").name == "Two"


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("nets/net.arch@v9", "there is no revision `v9`"),
        ("nets/net.arch@--help", "there is no revision `--help`"),
        ("nets/net.arch@-z", "there is no revision `-z`"),
        ("nets/net.arch@--output=x", "there is no revision `--output=x`"),
        ("nets/net.arch@", "'' is no revision"),
        ("nets/net.arch@a b", "'a b' is no revision"),
        ("nets/net.arch@HEAD\nHEAD", "is no revision"),
        ("nets/net.arch@\0", "is no revision"),
        ("nets/other.arch@v1", "no such file at `v1`"),
        ("nets/link.arch@v9", "there is no revision `v9`"),
        ("resnet50@v1", "a revision is one of a file"),
        ("../outside.arch@v1", "not in a git repository"),
    ],
)
def test_what_cannot_be_had(repository: Path, spec: str, reason: str) -> None:
    with pytest.raises(NotFound) as caught:
        locate(spec)
    assert reason in str(caught.value)
    assert str(repository) not in str(caught.value)
    assert not list(repository.glob("x"))


def test_imports_stay_within_the_project(repository: Path) -> None:
    (repository / "nets" / ".archdsl").touch()
    (repository / "secret.arch").write_text(UNIT)
    (repository / "nets" / "bad.arch").write_text(NET.replace("lib/unit.arch", "../secret.arch"))
    (repository / "nets" / "linked.arch").write_text(NET.replace("lib/unit.arch", "way_out.arch"))
    (repository / "nets" / "way_out.arch").symlink_to("../secret.arch")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "three")
    for spec, code in (("nets/bad.arch@HEAD", "outside-project"), ("nets/linked.arch@HEAD", "unknown-module")):
        with pytest.raises(ArchError) as caught:
            load(spec)
        assert [found.code for found in caught.value.diagnostics] == [code]


def test_a_link_is_not_followed(repository: Path) -> None:
    (repository / "nets" / "link.arch").unlink()
    with pytest.raises(NotFound, match="no such file at `v1`"):
        locate("nets/link.arch@v1")


def test_limits_hold(repository: Path) -> None:
    with pytest.raises(ArchError) as caught:
        load("nets/net.arch@v1", limits=Limits(source=20))
    assert caught.value.diagnostics[0].code == "source-too-long"


def test_without_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NotFound, match="git is not installed"):
        locate("nets/net.arch@v1")


def test_no_program_of_the_repository_is_run(repository: Path) -> None:
    """Attributes and settings may name programs that turn files into text: reading objects asks none of them."""
    marker = repository / "ran"
    (repository / ".gitattributes").write_text("*.arch diff=evil filter=evil\n")
    for key in ("diff.evil.textconv", "filter.evil.smudge", "core.fsmonitor", "core.pager"):
        git(repository, "config", key, f"touch {marker}; cat")
    load("nets/net.arch@v1")
    assert not marker.exists()


# --- what git does not have ---


def _partial(repository: Path, filter: str = "blob:none") -> Path:
    """A clone that has the names of files of old revisions, and not their contents."""
    git(repository, "config", "uploadpack.allowFilter", "true")
    git(repository.parent, "clone", "--quiet", f"--filter={filter}", repository.as_uri(), "partial")
    return repository.parent / "partial"


def _object(folder: Path, name: str) -> Path:
    """The file that git keeps an object in."""
    key = git(folder, "rev-parse", name).strip()
    return folder / ".git" / "objects" / key[:2] / key[2:]


def _refused(spec: str) -> str:
    with pytest.raises(NotFound) as caught:
        locate(spec)
    return str(caught.value)


def test_a_partial_clone_has_no_empty_specs(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is anything fetched: that would run what the settings of the repository say."""
    clone = _partial(repository)
    git(clone, "config", "remote.origin.uploadpack", f"touch {clone}/ran; git-upload-pack")
    monkeypatch.chdir(clone)
    assert params("nets/net.arch@HEAD") == 8 * 16 + (16 * 4 + 4)
    assert "git does not have the content of the file at `v1`: a partial clone" in _refused("nets/gone.arch@v1")
    result = CliRunner().invoke(cli, ["check", "nets/gone.arch@v1"])
    assert (result.exit_code, result.output.count("\n")) == (2, 1)
    assert not (clone / "ran").exists()
    monkeypatch.delitem(revisions._QUIET, "GIT_NO_LAZY_FETCH")  # of which older versions of git do not know
    assert "a partial clone" in _refused("nets/gone.arch@v1")
    assert not (clone / "ran").exists()


def test_an_import_that_git_does_not_have(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(_partial(repository))
    with pytest.raises(ArchError) as caught:
        load("nets/net.arch@v1")
    (found,) = caught.value.diagnostics
    assert (found.code, found.span.line) == ("unknown-module", 1)
    assert "git does not have the content of the file at `v1`" in found.primary.text


def test_folders_that_git_does_not_have(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(_partial(repository, "tree:0"))
    assert "git cannot list the files of `v1`" in _refused("nets/gone.arch@v1")


@pytest.mark.parametrize("damage", ["missing", "empty", "garbage", "shortened", "another"])
def test_damaged_objects_are_told(damage: str, repository: Path) -> None:
    path = _object(repository, "v1:nets/gone.arch")
    path.chmod(0o644)
    match damage:
        case "missing":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
        case "garbage":
            path.write_bytes(b"garbage")
        case "shortened":
            path.write_bytes(path.read_bytes()[:20])
        case _:  # whole and well-formed, but of another name
            path.write_bytes(_object(repository, "v1:nets/lib/unit.arch").read_bytes())
    refusal = _refused("nets/gone.arch@v1")
    assert "git does not have the content" in refusal or "is damaged in git" in refusal
    assert params("nets/net.arch@v1") == (8 * 16 + 16) + (16 * 4 + 4), "the others are whole"


@pytest.mark.parametrize("name", ["v1^{tree}", "v1:nets"])
def test_damaged_folders_are_told(name: str, repository: Path) -> None:
    path = _object(repository, name)
    path.chmod(0o644)
    path.write_bytes(b"garbage")
    assert "git cannot list the files of `v1`" in _refused("nets/net.arch@v1")


def test_a_damaged_commit_is_no_revision(repository: Path) -> None:
    _object(repository, "v1").unlink()
    assert "there is no revision `v1`" in _refused("nets/net.arch@v1")


def test_a_file_that_is_too_long_is_not_read_to_its_end(repository: Path) -> None:
    (repository / "long.arch").write_text("# a comment\n" * 400_000)
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "three")
    assert len(locate("long.arch@HEAD").source.text) == 4_800_000
    assert len(locate("long.arch@HEAD", Limits(source=100)).source.text) == 102
