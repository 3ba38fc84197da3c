"""The lists of published checkpoints against what the installed libraries state themselves, in their source."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from archdsl.bundled import bundled, plain
from archdsl.weights.published.checkpoints import Published, published


def of(library: str) -> Sequence[Published]:
    return [each for each in published() if each.library == library]


@cache
def source(package: str, folder: str) -> str:
    """The text of the modules in a folder of a package, none of which is imported."""
    found = find_spec(package)
    if found is None or found.origin is None:
        pytest.skip(f"{package} is not installed")
    files = sorted((Path(found.origin).parent / folder).glob("*.py"))
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return re.sub(r'"\s*\n\s*"', "", text)  # adjacent strings are one


def test_models_are_bundled_and_files_are_told_apart() -> None:
    known = bundled()
    assert all(plain(each.model) in known for each in published())
    names = [(each.model, each.library, each.name) for each in published()]
    assert len({*names}) == len(names)


def test_keras_states_these_digests() -> None:
    text = source("keras", "src/applications")
    assert len(of("keras")) == 38
    for each in of("keras"):
        assert each.digest.partition(":")[2] in text, each
        base = each.url.rpartition("/")[0]
        assert base in text or f"{base}/" in text, each
    without = {each.model for each in of("keras") if not each.digest}
    assert without == {"mobilenet_v1", "mobilenet_v2"}


def test_torchvision_states_these_files() -> None:
    text = source("torchvision", "models") + source("torchvision", "models/detection")
    assert len(of("torchvision")) > 60
    for each in of("torchvision"):
        assert f'url="{each.url}"' in text, each
        kind, _, digits = each.digest.partition(":")
        assert (kind, each.url.endswith(f"-{digits}.pth")) == ("sha256", True), "which torch.hub compares"


def test_timm_states_these_repositories() -> None:
    text = source("timm", "models").replace('"', "'")
    assert len(of("timm")) == 235
    for each in of("timm"):
        assert f"'{each.code}.{each.name}'" in text, each
        repository = each.url.removeprefix("https://huggingface.co/").partition("/resolve/")[0]
        owner, _, name = repository.partition("/")
        assert owner == "timm" or repository in text
        assert name == f"{each.code}.{each.name}" or name in text
