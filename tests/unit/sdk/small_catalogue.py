"""A catalogue of small packages with real keys, who publishes it, and a hospital that follows it."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from securesystemslib.signer import CryptoSigner
from tests.small_package import SmallPlugin, make_package
from tuf.api.metadata import Metadata

from allward_sdk.catalogue.client import Catalogue
from allward_sdk.catalogue.publishing import Lifetimes
from allward_sdk.catalogue.repository import Repository
from allward_sdk.trust.envelope import sign_package
from allward_sdk.trust.keys import PublisherKey, load_signer, new_key

PLUGIN = "org.test.bright"
USUAL = Lifetimes()


@dataclass(frozen=True)
class Publisher:
    """Somebody with a key, and packages signed with it."""

    folder: Path
    key: PublisherKey

    def package(self, version: str) -> Path:
        """Return a signed package, made when it is first asked for."""
        signed = self.folder / f"bright-{version}.allward"
        if not signed.exists():
            plain = make_package(self.folder / "plain", SmallPlugin(version=version))
            sign_package(plain, self.signer, self.folder)
        return signed

    @property
    def signer(self) -> CryptoSigner:
        """Who signs for it."""
        return load_signer(self.folder / "key.pem")


@cache
def publisher(name: str = "Test", prefix: str = "org.test.") -> Publisher:
    """Return a publisher with this name, the same one for the whole run."""
    folder = Path(mkdtemp(prefix="allward-publisher-"))
    public = new_key(folder / "key.pem")
    return Publisher(folder, PublisherKey.of(public, publisher=name, prefixes=[prefix]))


def make_catalogue(folder: Path, lifetimes: Lifetimes = USUAL) -> Repository:
    """Make a catalogue that lists 1.0.0."""
    repository = Repository(folder / "catalogue", folder / "keys")
    repository.create(lifetimes)
    repository.set_publishers([publisher().key])
    repository.add_package(publisher().package("1.0.0"))
    return repository


@dataclass
class Scene:
    """A catalogue, a copy of it as it was once, and a hospital that knows it."""

    repository: Repository
    earlier: Path
    """The catalogue's folder as it was before 1.1.0 came."""
    root: Path
    """The root.json that the hospital trusts."""
    cache: Path
    into: Path
    source: str | Path

    @property
    def metadata(self) -> Path:
        return self.repository.folder / "metadata"

    def file(self, role: str, *, below: Path | None = None) -> Path:
        """Return the newest file of a role."""
        folder = (below or self.repository.folder) / "metadata"
        if role == "timestamp":
            return folder / "timestamp.json"
        return max(folder.glob(f"*.{role}.json"), key=lambda path: int(path.name.split(".")[0]))

    def target(self, version: str = "1.1.0") -> Path:
        """Return the file of a package."""
        return next(self.repository.folder.glob(f"targets/{PLUGIN}/{version}/*.allward"))

    def signer(self, role: str) -> CryptoSigner:
        """Return the private key of a role, which its thief has."""
        return load_signer(next(self.repository.keys.glob(f"{role}.*.pem")))

    def sign(self, role: str, change: Callable[[Any], None], *, by: CryptoSigner | None = None) -> None:
        """Change a role's newest metadata and sign it, as who has stolen a key can."""
        path = self.file(role)
        metadata = Metadata.from_file(str(path))
        change(metadata.signed)
        metadata.signatures.clear()
        metadata.sign(by or self.signer(role))
        path.write_bytes(metadata.to_bytes())

    def open(self) -> Catalogue:
        return Catalogue.open(self.source, self.root, self.cache)

    def take(self, version: str = "1.1.0") -> Path:
        """Open the catalogue and fetch a package, as an installation does."""
        catalogue = self.open()
        return catalogue.fetch(catalogue.entry(PLUGIN, version), self.into)


def make_scene(folder: Path, lifetimes: Lifetimes = USUAL) -> Scene:
    """Make a catalogue whose earlier state the hospital has seen; 1.1.0 was added since."""
    repository = make_catalogue(folder, lifetimes)
    root = folder / "root.json"
    shutil.copy(repository.first_root, root)
    earlier = folder / "earlier"
    shutil.copytree(repository.folder, earlier)
    repository.add_package(publisher().package("1.1.0"))
    return Scene(repository, earlier, root, folder / "cache", folder / "into", repository.folder)


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing of it."""

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def served(folder: Path, handler: type[SimpleHTTPRequestHandler] = Quiet) -> Iterator[str]:
    """Serve a folder with a real web server; gives its address."""

    def answer(*args: Any) -> SimpleHTTPRequestHandler:
        return handler(*args, directory=str(folder))

    server = ThreadingHTTPServer(("127.0.0.1", 0), answer)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
