"""How long it takes to check the signature and every byte of a package of 1 GiB, beside its sha256sum.

`sha256sum` of some systems does without the processor's SHA instructions; the digest that Python's hashlib
computes of the file, in one thread and with nothing else checked, is the second peer.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from allward_sdk.package import digest_of_file, pack
from allward_sdk.trust.envelope import sign_package, verify_package
from allward_sdk.trust.keys import PublisherKey, TrustStore, load_signer, new_key
from tests.bench.table import Row, row
from tests.small_package import make_package

MODEL_BYTES = 1 << 30
_AGAIN = 5
_CHUNK_BYTES = 1 << 24


def measure() -> list[Row]:
    """Measure them in turn, with the file in memory and from the disk."""
    with tempfile.TemporaryDirectory(prefix="allward-bench-") as folder:
        package, trust = _signed_package(Path(folder))
        works: dict[str, Callable[[], object]] = {
            "1 GiB verified": lambda: verify_package(package, trust),
            "sha256sum of it": lambda: _sha256sum(package),
            "hashlib's sha256 of it": lambda: digest_of_file(package),
        }
        seconds: dict[tuple[str, bool], list[float]] = {}
        for warm in (True, False):
            for _ in range(_AGAIN):
                for name, work in works.items():
                    seconds.setdefault((name, warm), []).append(_seconds(package, work, warm=warm))
    return [
        row(
            f"{name}, {'file in memory' if warm else 'from the disk'}",
            values,
            unit="s",
            goal="< 3 s" if name.endswith("verified") and warm else "-",
        )
        for (name, warm), values in seconds.items()
    ]


def _signed_package(folder: Path) -> tuple[Path, TrustStore]:
    make_package(folder)
    source = folder / "bright-1.0.0"
    model, manifest = source / "models" / "bright.onnx", source / "plugin.toml"
    text = manifest.read_text(encoding="utf-8")
    small = digest_of_file(model)
    with model.open("wb") as file:
        for _ in range(MODEL_BYTES // _CHUNK_BYTES):
            file.write(os.urandom(_CHUNK_BYTES))
    manifest.write_text(text.replace(small, digest_of_file(model)), encoding="utf-8")
    public = new_key(folder / "key.pem")
    trust = TrustStore.of([PublisherKey.of(public, publisher="Bench", prefixes=["org.test."])])
    packed = pack(source, folder).path
    model.unlink()
    return sign_package(packed, load_signer(folder / "key.pem"), folder / "signed"), trust


def _sha256sum(path: Path) -> None:
    subprocess.run(["sha256sum", str(path)], check=True, stdout=subprocess.DEVNULL)


def _seconds(path: Path, work: Callable[[], object], *, warm: bool) -> float:
    with path.open("rb") as file:
        while warm and file.read(_CHUNK_BYTES):
            pass
        if not warm:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    began_s = time.perf_counter()
    work()
    return time.perf_counter() - began_s
