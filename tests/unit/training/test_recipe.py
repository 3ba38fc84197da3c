"""Recipes: the defaults, files, single values, and what is said of a value that does not fit."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from archdsl.training.errors import StudyError
from archdsl.training.recipe import Recipe, read


def test_a_file_and_single_values(tmp_path: Path) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text('epochs = 7\n[optimiser]\nname = "sgd"\nrate = 0.1\n')
    recipe = read(file, ["optimiser.rate=0.5", "augmentation.flip=false", "precision=mixed_bfloat16"])
    assert (recipe.epochs, recipe.optimiser.name, recipe.optimiser.rate) == (7, "sgd", 0.5)
    assert (recipe.augmentation.flip, recipe.precision, recipe.batch) == (False, "mixed_bfloat16", Recipe().batch)


def test_the_page_has_the_defaults() -> None:
    page = (Path(__file__).parents[3] / "docs" / "studies.md").read_text(encoding="utf-8")
    (written,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert tomllib.loads(written) == Recipe().model_dump()


def test_an_integer_is_a_number() -> None:
    assert read(None, ["optimiser.rate=1"]).optimiser.rate == 1.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epochs = 0", "recipe.toml: `epochs`: input should be greater than or equal to 1, not 0"),
        ('epochs = "3"', "recipe.toml: `epochs`: input should be a valid integer, not '3'"),
        ("epoch = 3", "recipe.toml: `epoch` is no key of a recipe: did you mean `epochs`?"),
        ("[optimiser]\nrat = 1.0", "recipe.toml: `optimiser.rat` is no key of a recipe: did you mean `rate`?"),
        ('[schedule]\nname = "step"', "`schedule.name`: input should be 'one-cycle', 'cosine' or 'constant'"),
        ("epochs =", "recipe.toml: invalid value (at end of document)"),
        ("ema = nan", "`ema`: input should be"),
    ],
)
def test_what_does_not_fit(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text(text)
    with pytest.raises(StudyError) as error:
        read(tmp_path / "recipe.toml")
    assert said in str(error.value)


def test_every_mistake_is_told(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text("epochs = 0\nbatch = 0\n")
    with pytest.raises(StudyError) as error:
        read(tmp_path / "recipe.toml")
    assert len(str(error.value).splitlines()) == 2


def test_no_file_and_no_pair(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="no such file"):
        read(tmp_path / "none.toml")
    with pytest.raises(StudyError, match="write `epochs=5`"):
        read(None, ["epochs"])
    with pytest.raises(StudyError, match="`epochs` is no table"):
        read(None, ["epochs=1", "epochs.more=1"])
