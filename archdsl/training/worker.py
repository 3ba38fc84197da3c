"""A process that has trials: ``python -m archdsl.training.worker FOLDER``. Reads names of trials, a line each.

Writes a line of JSON for each epoch, and one when a trial ended. When nobody can send it names any more, since whoever
started it is dead, it is over at once: what it had under way is done again from the last checkpoint.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from archdsl.training.errors import StudyError


def main(folder: Path) -> None:
    """Until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what frameworks print is no answer
    names: SimpleQueue[str] = SimpleQueue()
    Thread(target=_listen, args=(names,), daemon=True).start()

    from archdsl.training.environment import limit_threads
    from archdsl.training.plan import load

    plan = load(folder)
    limit_threads(plan.backend, plan.threads)
    from archdsl.training.trial import run

    while True:
        name = names.get()
        try:
            run(folder, plan, plan.trial(name), lambda epoch: _say(answers, epoch=epoch))
        except (StudyError, OSError) as error:
            _say(answers, failed=str(error))
        except Exception as error:  # noqa: BLE001  # of a framework: the study goes on with its other trials
            traceback.print_exc()
            _say(answers, failed=f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
        else:
            _say(answers, done=True)


def _listen(names: SimpleQueue[str]) -> None:
    for line in sys.stdin:
        names.put(line.strip())
    os._exit(0)


def _say(answers: object, **members: object) -> None:
    print(json.dumps(members), file=answers, flush=True)  # type: ignore[call-overload]  # a text file


if __name__ == "__main__":
    main(Path(sys.argv[1]))
