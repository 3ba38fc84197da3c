"""Modules of folders that a project names, and of what is installed."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from archdsl import packages
from archdsl.compiler import Program
from archdsl.files import locate
from archdsl.settings import SettingsError

STEM = "block Stem(width: int) :: [h, w, _] -> [h, w, width] { conv(width) }\n"
NET = "from blocks.stems import Stem\nmodel Net() :: [8, 8, 3] -> [8, 8, 4] { Stem(4) }\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path / "common" / "stems.arch", STEM)
    write(tmp_path / "project" / "net.arch", NET)
    write(tmp_path / "project" / "pyproject.toml", '[tool.archdsl.folders]\nblocks = "../common"\n')
    return tmp_path / "project"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def checked(path: Path) -> Program:
    located = locate(str(path))
    program = Program(located.source, located.loader)
    program.check()
    return program


def told(path: Path) -> str:
    return "\n".join(
        f"{d.span.source.name}: {d.text} {getattr(d, 'hint', '')} {' '.join(d.help)}" for d in checked(path).diagnostics
    )


def test_folder_of_a_project(project: Path) -> None:
    program = checked(project / "net.arch")
    assert not program.diagnostics
    assert list(program.sources) == ["net.arch", "@blocks/stems.arch"]


def test_a_module_imports_by_name_and_by_path_within_its_folder(project: Path) -> None:
    common = project.parent / "common"
    imports = 'from "../stems.arch" import Stem as One\nfrom blocks.stems import Stem as Same\n'
    write(common / "deep" / "twice.arch", imports + "block Stem(width: int) { One(width) -> Same(width) }\n")
    write(project / "net.arch", NET.replace("blocks.stems", "blocks.deep.twice"))
    program = checked(project / "net.arch")
    assert not program.diagnostics
    assert list(program.sources) == ["net.arch", "@blocks/deep/twice.arch", "@blocks/stems.arch"]


def test_a_module_does_not_import_from_outside_of_its_folder(project: Path) -> None:
    write(project.parent / "secret.arch", STEM)
    write(project.parent / "common" / "stems.arch", 'from "../secret.arch" import Stem\n')
    assert "lies outside the project" in told(project / "net.arch")
    write(project.parent / "common" / "stems.arch", f'from "../{project.name}/other.arch" import Stem\n')
    write(project / "other.arch", STEM)
    assert "lies outside the project" in told(project / "net.arch")


def test_a_link_does_not_lead_out_of_a_folder(project: Path) -> None:
    secret = write(project.parent / "secret.arch", STEM)
    (project.parent / "common" / "stems.arch").unlink()
    (project.parent / "common" / "stems.arch").symlink_to(secret)
    assert "lies outside the project" in told(project / "net.arch")


def test_errors_in_a_module_are_told_at_the_call(project: Path) -> None:
    write(project / "net.arch", NET.replace("Stem(4)", "flatten -> Stem(4)"))
    assert told(project / "net.arch").startswith("net.arch: ")


def test_a_folder_of_the_project_with_the_name_of_a_module(project: Path) -> None:
    write(project / "@blocks" / "stems.arch", STEM)
    write(
        project / "net.arch", NET.replace("Net()", "Net(a: int = 1)") + 'from "@blocks/stems.arch" import Stem as B\n'
    )
    assert list(checked(project / "net.arch").sources) == ["net.arch", "@blocks/stems.arch", "./@blocks/stems.arch"]


@pytest.mark.parametrize("name", ["blocks", "blocks.", "blocks..stems", "blocks.../secret", "blocks.stems.arch"])
def test_names_are_no_paths(project: Path, name: str) -> None:
    write(project.parent / "secret.arch", STEM)
    located = locate(str(write(project / "net.arch", f"from {name} import Stem\nlet x = 1\n")))
    assert Program(located.source, located.loader).has_errors
    assert located.loader.module(name) is None


@pytest.mark.parametrize(
    ("folders", "reason"),
    [
        ('std = "../common"', "tool.archdsl.folders, `std` travels with archdsl"),
        ('"a-b" = "../common"', "tool.archdsl.folders, `a-b` is no name that an import can have"),
        ("blocks = 3", "tool.archdsl.folders, `blocks` is the path of a folder"),
        ('blocks = "../nowhere"', "tool.archdsl.folders, `blocks`: there is no folder ../nowhere"),
    ],
)
def test_wrong_folders(project: Path, folders: str, reason: str) -> None:
    write(project / "pyproject.toml", f"[tool.archdsl.folders]\n{folders}\n")
    with pytest.raises(SettingsError, match=reason.replace(".", r"\.")):
        packages.folders(project)
    assert f"pyproject.toml: {reason}" in told(project / "net.arch")


def test_installed_packages(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = project.parent / "site"
    write(site / "acme_specs" / "__init__.py", "raise RuntimeError('imported')\n")
    write(site / "acme_specs" / "heads" / "pooled.arch", STEM)
    points = [
        EntryPoint(name, value, packages.GROUP)
        for name, value in [
            ("acme", "acme_specs"),
            ("heads", "acme_specs.heads"),
            ("std", "acme_specs"),
            ("no", "none"),
        ]
    ]
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: points if group == packages.GROUP else [])
    packages.installed.cache_clear()
    try:
        assert packages.installed() == {"acme": site / "acme_specs", "heads": site / "acme_specs" / "heads"}
        loader = locate(str(project / "net.arch")).loader
        assert loader.packages() == ("std", "zoo", "acme", "blocks", "heads")
        assert loader.modules("acme") == ("acme.heads.pooled",)
        for module in ("acme.heads.pooled", "heads.pooled"):
            write(project / "net.arch", NET.replace("blocks.stems", module))
            assert not checked(project / "net.arch").diagnostics
        write(project / "net.arch", NET.replace("blocks.stems", "acme.pooled"))
        assert "did you mean `acme.heads.pooled`" in told(project / "net.arch")
    finally:
        packages.installed.cache_clear()
