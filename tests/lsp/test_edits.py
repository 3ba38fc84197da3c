"""Random edits through the protocol: no request fails, answers are of the text that was sent last, and what is left is
what a fresh analysis finds.

``ARCHDSL_EDITS=20000`` makes that many; by default they are few.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

from archdsl.compiler import Program
from archdsl.files import DiskLoader
from archdsl.service import Analysis, Lines
from archdsl.service.completion import complete
from archdsl.service.symbols import symbols
from archdsl.source import SourceFile
from tests.lsp.client import Client, server
from tests.lsp.edits import Hands

ROOT = Path(__file__).parents[2]
EDITS = int(os.environ.get("ARCHDSL_EDITS", "60"))
SPECS = ("lenet5", "resnet50", "mobilenet_v2", "light_cifar", "vit")
MOST = 150
"""Megabytes that the server may take in the end."""
QUESTIONS = (
    "hover", "completion", "definition", "references", "documentHighlight", "signatureHelp", "prepareRename",
)  # fmt: skip
OF_TEXTS = ("documentSymbol", "foldingRange", "semanticTokens/full", "formatting", "codeLens")
OF_RANGES = ("inlayHint", "codeAction", "rangeFormatting", "semanticTokens/range")


def megabytes(process: int) -> float:
    """The resident memory of a process."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def test_random_edits() -> None:
    early: list[float] = []
    with server() as client:
        for number, name in enumerate(SPECS):
            uri = f"untitled:{name}"
            hands = Hands((ROOT / f"specs/{name}.arch").read_text(), seed=number)
            client.open(uri, hands.text)
            draw = random.Random(number)
            for version in range(2, EDITS // len(SPECS) + 2):
                _edit(client, uri, version, hands)
                if draw.random() < 0.3:
                    _ask(client, uri, hands, draw)
                if version % 200 == 0 or version == EDITS // len(SPECS) + 1:
                    _compare(client, uri, version, hands)
            early.append(megabytes(client.process.pid))
        assert client.logged == []
        for uri, found in client.diagnostics.items():
            versions = [version for version, _ in found]
            assert versions == sorted(versions), f"an older text's after a newer one's: {uri}"
    print("MB after each document:", [round(each) for each in early])
    assert early[-1] < MOST


def _edit(client: Client, uri: str, version: int, hands: Hands) -> None:
    changes = [
        {"range": {"start": change.start._asdict(), "end": change.end._asdict()}, "text": change.text}
        for change in hands.edit()
    ]
    document = {"uri": uri, "version": version}
    client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})


def _ask(client: Client, uri: str, hands: Hands, draw: random.Random) -> None:
    """A question right after an edit; some of the answers are compared with those of the text as it is now."""
    offset = draw.randrange(len(hands.text) + 1)
    place = Lines(hands.text).position(offset)
    document = {"textDocument": {"uri": uri}}
    more: dict[str, Any]
    if draw.random() < 0.3:
        method = draw.choice(OF_TEXTS)
        answer = client.request(f"textDocument/{method}", document | {"options": {"tabSize": 2}})
        if method == "documentSymbol":
            found = symbols(Analysis(SourceFile("<text>", hands.text), DiskLoader()))
            assert [each["name"] for each in answer] == [each.name for each in found]
        return
    if draw.random() < 0.2:
        around = {"start": place._asdict(), "end": Lines(hands.text).position(len(hands.text))._asdict()}
        more = {"range": around, "context": {"diagnostics": []}, "options": {"tabSize": 2}}
        client.request(f"textDocument/{draw.choice(OF_RANGES)}", document | more)
        return
    method = draw.choice(QUESTIONS)
    more = {"context": {"includeDeclaration": True}} if method == "references" else {}
    answer = client.request(f"textDocument/{method}", document | {"position": place._asdict()} | more)
    if method == "completion":
        offset = Lines(hands.text).offset(place)
        found = complete(Analysis(SourceFile("<text>", hands.text), DiskLoader()), offset)
        assert [each["label"] for each in answer["items"]] == [each.label for each in found]


def _compare(client: Client, uri: str, version: int, hands: Hands) -> None:
    """What was published last is what a fresh program finds in the text."""
    told = client.settled(uri, version)
    program = Program(SourceFile("<text>", hands.text), DiskLoader())
    program.check()
    wanted = [(found.code, found.is_error) for found in program.diagnostics]
    assert [(each["code"], each["severity"] == 1) for each in told] == wanted
