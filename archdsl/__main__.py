"""``archdsl``, and ``python -m archdsl``."""

from __future__ import annotations

import os


def main() -> None:
    """Runs the command line and exits; Ctrl-C ends it quietly, while it is still being imported too."""
    try:
        from archdsl.cli.main import main as run

        run()
    except KeyboardInterrupt:
        os._exit(130)


if __name__ == "__main__":
    main()
