"""The table of docs/import.md of modules of PyTorch. ``python -m scripts.torch_imports timm:resnet26d resnet18``.

A name without ``timm:`` is one of torchvision. Models that are not named keep their rows. Each has random weights, is
recorded by ``torch.export``, imported, proved isomorphic, and its outputs are compared with those of the spec.
"""

from __future__ import annotations

import argparse
import re
import signal
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from archdsl.intake.errors import Unreadable
from archdsl.intake.files import import_torch
from scripts.tables import lines, loops

_PAGE: Final = Path(__file__).parent.parent / "docs/import.md"
_START, _END = "<!-- table of PyTorch -->", "<!-- end of the table of PyTorch -->"
_COLUMNS: Final = ("model", "nodes", "lines", "blocks", "loops", "s", "read")
_HEAD: Final = f"| {' | '.join(_COLUMNS)} |\n{'|---' * len(_COLUMNS)}|"
_LONGEST: Final = 240
"""Seconds of a core that a model may take."""


def main() -> None:
    import torch

    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+")
    signal.signal(signal.SIGPROF, _late)
    for name in parser.parse_args().names:
        rows = _kept()
        signal.setitimer(signal.ITIMER_PROF, _LONGEST)
        try:
            rows[name] = _row(name)
        except TimeoutError as error:
            rows[name] = [""] * 5 + [str(error)]
        except Exception as error:  # noqa: BLE001 -- a bug, which keeps no other model from being read
            rows[name] = [""] * 5 + [f"bug: {error!r}".replace("|", "/")[:160]]
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout.write(f"{name} {rows[name]}\n")
        sys.stdout.flush()
        _write(rows)


def _late(*_: object) -> None:
    raise TimeoutError(f"it takes more than {_LONGEST} s")


def _row(name: str) -> list[str]:
    import torch

    module, size = numbered(name)
    start = time.process_time()
    try:
        found = import_torch(module, (torch.randn(1, *size),))
    except Unreadable as error:
        said = sorted({f"({problem.kind}) {problem.reason}" for problem in error.problems})
        more = f" and {len(said) - 2} more" if len(said) > 2 else ""
        return [
            "",
            "",
            "",
            "",
            f"{time.process_time() - start:.0f}",
            ("; ".join(said[:2]) + more).replace("|", "/")[:160],
        ]
    seconds, text = time.process_time() - start, found.text
    return [
        str(len(found.graph)),
        str(lines(text)),
        str(len(re.findall(r"^block ", text, re.MULTILINE))),
        str(loops(text)),
        f"{seconds:.0f}",
        "equal" if "Outputs for random inputs are those" in text else "isomorphic, outputs not compared",
    ]


def numbered(name: str) -> tuple[Any, tuple[int, ...]]:
    """A module with numbers that tell all of its arrays apart, and the size of its input."""
    import torch

    from tests.pytorch.vision import torchvision

    models = torchvision().models
    library, _, own = name.rpartition(":")
    if library == "timm":
        import timm

        module = timm.create_model(own, pretrained=False, exportable=True)
        size = module.pretrained_cfg.get("input_size", (3, 224, 224))
    else:
        is_whole = own in models.segmentation.__dict__
        module = models.get_model(own, weights=None, **({"weights_backbone": None} if is_whole else {}))
        size = (3, 299, 299) if own == "inception_v3" else (3, 224, 224)
    chance = torch.Generator().manual_seed(1)
    module.eval()
    with torch.no_grad():
        for key, array in (*module.named_parameters(), *module.named_buffers()):
            is_scale = key.endswith(("weight", "running_var")) or "gamma" in key
            if array.ndim <= 1 and array.numel() > 1 and array.is_floating_point():
                array.uniform_(*((0.8, 1.2) if is_scale else (-0.1, 0.1)), generator=chance)
    _measured(module, size)
    return module, tuple(size)


def _measured(module: Any, size: Sequence[int]) -> None:
    """Gives batch norms the means and variances of random images.

    With others, numbers grow from layer to layer, and so does what was rounded: outputs of a deep network would depend
    on nothing else.
    """
    import torch

    norms = [each for each in module.modules() if isinstance(each, torch.nn.modules.batchnorm._BatchNorm)]
    kept = [each.momentum for each in norms]
    if not norms:
        return
    for norm in norms:
        norm.momentum = 1.0
        norm.train()
    with torch.no_grad():
        module(torch.randn(2, *size, generator=torch.Generator().manual_seed(2)))
    for norm, momentum in zip(norms, kept, strict=True):
        norm.momentum = momentum
        norm.eval()


def _kept() -> dict[str, list[str]]:
    text = _PAGE.read_text(encoding="utf-8")
    table = text[text.index(_START) : text.index(_END)].strip().splitlines()[4:]
    split = [[cell.strip() for cell in line.strip("|").split("|")] for line in table if line.startswith("|")]
    return {cells[0]: cells[1:] for cells in split}


def _write(rows: dict[str, list[str]]) -> None:
    text = _PAGE.read_text(encoding="utf-8")
    before, after = text[: text.index(_START) + len(_START)], text[text.index(_END) :]
    table = "\n".join([_HEAD, *(f"| {' | '.join((name, *rows[name]))} |" for name in sorted(rows))])
    _PAGE.write_text(f"{before}\n\n{table}\n\n{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
