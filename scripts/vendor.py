"""Fetches the libraries that the interactive page has in it, with npm, and notes their versions and hashes.

``python -m scripts.vendor`` fetches the versions that the manifest names; ``python -m scripts.vendor d3-zoom@3.0.2``
takes another one of a library. Read the difference before you commit it: it will run in people's browsers.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "archdsl" / "backends" / "html" / "vendor"


def fetch(package: str, version: str, file: str) -> bytes:
    """A file of a package's ``dist`` folder, as it was published."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", f"{package}@{version}"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(folder).glob("*.tgz")
        with tarfile.open(archive) as packed:
            stream = packed.extractfile(f"package/dist/{file}")
            if stream is None:
                raise FileNotFoundError(f"{package}@{version} has no dist/{file}")
            return stream.read()


def main(wanted: list[str]) -> None:
    manifest = FOLDER / "manifest.json"
    libraries = json.loads(manifest.read_text(encoding="utf-8"))
    versions = {name: version for name, _, version in (item.rpartition("@") for item in wanted)}
    if unknown := versions.keys() - {library["package"] for library in libraries}:
        sys.exit(f"not in the manifest: {', '.join(sorted(unknown))}")
    for library in libraries:
        library["version"] = versions.get(library["package"], library["version"])
        content = fetch(library["package"], library["version"], library["file"])
        (FOLDER / library["file"]).write_bytes(content)
        library["sha256"] = hashlib.sha256(content).hexdigest()
    manifest.write_text(json.dumps(libraries, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
