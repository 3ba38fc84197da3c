"""A process that runs trials: ``python -m archdsl.training.worker FOLDER``. Reads names of trials, one per line.

Writes a line of JSON for each epoch, and one at the end of a trial. It exits at once when its standard input ends, as
the process that started it is dead; an unfinished epoch is repeated from the last checkpoint.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TextIO, TypeAlias

from archdsl.study.learning import Epoch
from archdsl.training.environment import limit_threads
from archdsl.training.errors import StudyError
from archdsl.training.plan import Plan, Trial, load

Train: TypeAlias = Callable[[Path, Plan, Trial, Callable[[Epoch], None]], None]


def main(folder: Path, train: Train | None = None) -> None:
    """Runs trials until standard input ends. ``train`` is the function that runs one; by default with Keras."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what frameworks print is no answer
    names: SimpleQueue[str] = SimpleQueue()
    Thread(target=_listen, args=(names,), daemon=True).start()

    plan = load(folder)
    train = train or with_keras(plan)
    while True:
        name = names.get()
        try:
            train(folder, plan, plan.trial(name), lambda epoch: _say(answers, epoch=epoch))
        except (StudyError, OSError) as error:
            _say(answers, failed=str(error))
        except Exception as error:  # noqa: BLE001  # of a framework: the study goes on with its other trials
            traceback.print_exc()
            _say(answers, failed=f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
        else:
            _say(answers, done=True)


def with_keras(plan: Plan) -> Train:
    """Loads Keras with the plan's number of threads. Returns the function that runs a trial."""
    limit_threads(plan.backend, plan.threads)
    from archdsl.training.trial import run

    return run


def _listen(names: SimpleQueue[str]) -> None:
    for line in sys.stdin:
        names.put(line.strip())
    os._exit(0)


def _say(answers: TextIO, **members: object) -> None:
    print(json.dumps(members), file=answers, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
