"""Coverage-guided fuzzing: ``python -m tests.fuzz.atheris_target -max_total_time=600 CORPUS``.

atheris (libFuzzer) keeps inputs that reach new code of archdsl and mutates those further. It is an optional extra:
``pip install -e '.[quality]'``. What it finds is written to the working folder; ``python -m tests.fuzz`` judges alike.
"""

from __future__ import annotations

import sys
from pathlib import Path


def seed(folder: Path) -> None:
    """Puts the corpus where libFuzzer starts from, unless something is there."""
    from tests.fuzz.corpus import texts

    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        for number, text in enumerate(texts()):
            (folder / f"{number:04}").write_text(text, encoding="utf-8")


def main() -> None:
    import atheris

    with atheris.instrument_imports(include=["archdsl"]):
        from tests.fuzz.judge import Fault, check_json, check_spec, faults

    def one_input(data: bytes) -> None:
        """A graph if it starts like one, else a spec."""
        check = check_json if data[:1] == b"{" else check_spec
        fault = faults(check, data.decode("utf-8", errors="replace"))
        # Instrumented code is several times slower: time is judged by `python -m tests.fuzz`.
        if fault and not fault.startswith("slow"):
            raise Fault(fault)

    for argument in sys.argv[1:]:
        if not argument.startswith("-"):
            seed(Path(argument))
    atheris.Setup([*sys.argv, "-max_len=4000", "-timeout=30"], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
