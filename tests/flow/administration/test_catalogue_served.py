"""The platform hands on the catalogue in its state folder: whole, in parts, and nothing from beside it."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import httpx
import pytest
from tests.running_platform import running_platform
from tests.unit.sdk.small_catalogue import PLUGIN, make_scene, publisher

from allward.api.catalogue import Range, file_below, wanted_range
from allward_sdk.catalogue.client import Catalogue
from allward_sdk.catalogue.repository import Repository
from allward_sdk.errors import CatalogueError

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return make_scene(tmp_path_factory.mktemp("catalogue"))


@pytest.fixture(scope="module")
def home(tmp_path_factory, scene):
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(scene.repository.folder, home / "catalogue")
    (home / "catalogue" / "metadata" / ".half.part").write_text("hidden")
    return home


@pytest.fixture(scope="module")
def platform(home):
    with running_platform(home, real_plugin=False) as running:
        yield running


@pytest.fixture
def client(platform):
    with httpx.Client(base_url=platform.url, timeout=30) as client:
        yield client


@pytest.fixture
def address(platform):
    return f"{platform.url}/catalogue"


@pytest.fixture
def package(scene):
    return f"/catalogue/{scene.target().relative_to(scene.repository.folder)}"


def test_the_platforms_catalogue_is_read_like_the_folder(scene, home, address, tmp_path):
    served = Catalogue.open(address, scene.root, tmp_path / "cache")
    folder = Catalogue.open(home / "catalogue", scene.root, tmp_path / "other")
    assert (served.entries(), served.publishers(), served.expires) == (
        folder.entries(), folder.publishers(), folder.expires,
    )  # fmt: skip
    for entry in served.entries():
        fetched = served.fetch(entry, tmp_path / "into")
        assert fetched.read_bytes() == publisher().package(entry.version).read_bytes()


def test_what_is_published_while_the_platform_runs_is_read_at_once(scene, home, address, tmp_path):
    Catalogue.open(address, scene.root, tmp_path / "cache")
    repository = Repository(home / "catalogue", scene.repository.keys)
    repository.yank(PLUGIN, "1.0.0", "why")
    catalogue = Catalogue.open(address, scene.root, tmp_path / "cache")
    assert catalogue.entry(PLUGIN, "1.0.0").yanked == "why"
    with pytest.raises(CatalogueError, match=r"earlier: metadata/timestamp\.json .* rolled back"):
        Catalogue.open(scene.earlier, scene.root, tmp_path / "cache")


def test_a_part_of_a_package_is_sent_by_range_and_the_parts_make_the_whole(client, package):
    whole = client.get(package)
    assert whole.content == publisher().package("1.1.0").read_bytes()
    assert whole.headers["accept-ranges"] == "bytes"
    assert "immutable" in whole.headers["cache-control"]
    etag, size = whole.headers["etag"], len(whole.content)
    first = client.get(package, headers={"range": "bytes=0-99"})
    rest = client.get(package, headers={"range": "bytes=100-", "if-range": etag})
    last = client.get(package, headers={"range": "bytes=-7"})
    assert [answer.status_code for answer in (first, rest, last)] == [206, 206, 206]
    assert first.headers["content-range"] == f"bytes 0-99/{size}"
    assert first.content + rest.content == whole.content
    assert last.content == whole.content[-7:]
    changed = client.get(package, headers={"range": "bytes=100-", "if-range": '"another"'})
    assert (changed.status_code, changed.content) == (200, whole.content)
    beyond = client.get(package, headers={"range": f"bytes={size}-"})
    assert beyond.status_code == 416
    assert beyond.json()["detail"]["zh"]


def test_what_is_known_already_is_not_sent_again(client, package):
    for path in (package, "/catalogue/metadata/timestamp.json"):
        first = client.get(path)
        again = client.get(path, headers={"if-none-match": f'"x", {first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["content-type"] == "application/json"


def test_a_head_tells_the_size_and_sends_nothing(client, package):
    answer = client.head(package)
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) == publisher().package("1.1.0").stat().st_size


def test_nothing_is_written_through_it(client, package):
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        answer = client.request(method, package, content=b"x")
        assert answer.status_code == 405
        assert answer.json()["detail"]["zh"]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "metadata",
        "metadata/",
        "metadata/99.root.json",
        "metadata/../metadata/timestamp.json",
        "metadata/%2e%2e/metadata/timestamp.json",
        "..%2fsecret-key",
        "%2e%2e/secret-key",
        "targets/../../secret-key",
        "metadata/..%5c..%5csecret-key",
        "metadata//timestamp.json",
        "/metadata/timestamp.json",
        "metadata/timestamp.json/",
        "metadata/timestamp.json%00",
        "metadata/timestamp.json%0a",
        "metadata/.half.part",
        "targets/org.test.bright",
        "secret-key",
    ],
)
def test_nothing_else_of_the_state_folder_is_reached(platform, path):
    """Sent as it stands: a client's own tidying of the path would hide what the server does."""
    connection = HTTPConnection("127.0.0.1", platform.http_port, timeout=30)
    connection.request("GET", f"/catalogue/{path}")
    answer = connection.getresponse()
    assert answer.status == 404
    assert (platform.home / "secret-key").read_bytes() not in answer.read()
    connection.close()


def test_a_link_out_of_the_catalogue_is_not_followed_and_one_to_the_catalogue_is(tmp_path):
    real, linked = tmp_path / "real", tmp_path / "linked"
    (real / "metadata").mkdir(parents=True)
    (real / "metadata" / "timestamp.json").write_text("{}")
    (tmp_path / "secret").write_text("x")
    (real / "metadata" / "stolen.json").symlink_to(tmp_path / "secret")
    linked.symlink_to(real)
    assert file_below(linked, "metadata/stolen.json") is None
    assert file_below(linked, "metadata/timestamp.json") == real / "metadata" / "timestamp.json"


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("", Range(0, 10)),
        ("bytes=2-4", Range(2, 5)),
        ("bytes=8-99", Range(8, 10)),
        ("bytes=-99", Range(0, 10)),
        ("bytes=9-2", Range(0, 10)),
        ("bytes=-", Range(0, 10)),
        ("bytes=0-1,4-5", Range(0, 10)),
        ("lines=1-2", Range(0, 10)),
        ("bytes=10-", None),
        ("bytes=-0", None),
        (f"bytes={'9' * 5000}-", Range(0, 10)),
    ],
)
def test_which_bytes_are_meant_follows_the_standard(asked, wanted):
    assert wanted_range({"range": asked}, '"tag"', 10) == wanted


def test_a_large_file_is_sent_in_pieces_to_many_and_one_that_goes_away_stops_nobody(platform, home):
    large = home / "catalogue" / "targets" / "large.bin"
    with large.open("wb") as file:
        file.truncate(64 << 20)
    address = f"{platform.url}/catalogue/targets/large.bin"

    def size_of(_: int) -> int:
        with httpx.stream("GET", address, timeout=60) as answer:
            return sum(len(piece) for piece in answer.iter_raw())

    with httpx.stream("GET", address) as answer:
        next(answer.iter_raw())
    with ThreadPoolExecutor(4) as readers:
        assert list(readers.map(size_of, range(4))) == [64 << 20] * 4
    large.unlink()
