"""What every test may use: golden files, fresh processes, and Keras after everything else."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from difflib import unified_diff
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent
_NEED_KERAS = frozenset({"keras", "conformance"})
"""Folders whose modules import Keras, which takes several seconds."""

# Set before anything imports TensorFlow: no device banners, and numbers that do not depend on the machine's GPU.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ["KERAS_BACKEND"] = "tensorflow"

# The same examples in every run of CI, new ones at a developer's; no deadline, as machines differ.
settings.register_profile("archdsl", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("archdsl")

Golden = Callable[[Path, str], None]
FreshPython = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", action="store_true", help="write what conformance tests measure to results.toml")
    parser.addoption("--update-golden", action="store_true", help="write golden files instead of comparing with them")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--update-golden") and os.environ.get("CI"):
        raise pytest.UsageError("--update-golden is for a developer who reads the difference; CI only compares")


def _needs_keras(path: Path) -> bool:
    return path.is_relative_to(ROOT) and not _NEED_KERAS.isdisjoint(path.relative_to(ROOT).parts)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """``-m "not keras"`` does not even import the modules that it leaves out."""
    return True if config.option.markexpr == "not keras" and _needs_keras(collection_path) else None


@pytest.hookimpl(wrapper=True)  # around xdist's own, which reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Light tests first, so that a mistake shows in seconds.

    Of several processes one has all tests with Keras, whose models are built once, and the others share the files.
    """
    spread = config.pluginmanager.hasplugin("xdist")
    for item in items:
        heavy = _needs_keras(item.path)
        if heavy:
            item.add_marker(pytest.mark.keras)
        if spread:
            item.add_marker(pytest.mark.xdist_group("keras" if heavy else str(item.path)))
    items.sort(key=lambda item: item.get_closest_marker("keras") is not None)
    yield
    is_worker = hasattr(config, "workerinput") and config.getoption("loadgroup", False)
    if is_worker and items and "@" not in items[0].nodeid:
        raise pytest.UsageError("this version of pytest-xdist does not group tests with this version of pytest")


def pytest_collection_finish() -> None:
    """What is there by now stays, so the garbage collector need not look at it again in every test."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """``golden(path, text)``: the text is what the file says, or, with ``--update-golden``, what it will say."""
    update = request.config.getoption("--update-golden")

    def compare(path: Path, text: str) -> None:
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return
        name = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
        if not path.exists():
            pytest.fail(f"{name} does not exist; `pytest --update-golden` writes it", pytrace=False)
        wanted = path.read_text(encoding="utf-8")
        if text != wanted:
            lines = unified_diff(wanted.splitlines(True), text.splitlines(True), name, "now")
            diff = "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
            pytest.fail(f"{diff}\n`pytest --update-golden` accepts the difference", pytrace=False)

    return compare


@pytest.fixture
def fresh_python(tmp_path: Path) -> FreshPython:
    """``fresh_python(code, *arguments)``: runs a snippet in a new process that has imported nothing yet.

    A snippet that fails is a failed test, with what it wrote; ``check=False`` returns the failure instead.
    """

    def run(code: str, *arguments: str, check: bool = True, cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
        command = [sys.executable, "-c", code, *arguments]
        result = subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        if check and result.returncode:
            pytest.fail(f"exit code {result.returncode}\n{result.stdout}{result.stderr}", pytrace=False)
        return result

    return run
