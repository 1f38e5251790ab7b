"""What a tenant that publishes has: a key and submissions; how its addresses are called."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from tests.platform_database import Hospital, inside
from tests.small_package import SmallPlugin, make_package

from allward.publishing.actions import register_key
from allward.publishing.models import ReviewCase, Submission
from allward.registry.models import PluginVersion
from allward_sdk.trust.envelope import sign_package
from allward_sdk.trust.keys import PublisherKey, load_signer, new_key

if TYPE_CHECKING:
    from tests.flow.tenancy.addresses import Address, Call
    from tests.flow.tenancy.stocked import Stocked

API = "api/v1/"
SUBMISSION = "publishing/submissions/<uuid:submission_id>/"
CASE = "review/submissions/<uuid:submission_id>/"


@dataclass(frozen=True, slots=True)
class Published:
    """Operators know of submissions in review and published ones; of the rest only the vendor does."""

    key_id: UUID
    key: dict[str, Any]
    """As `allward plugin key show` prints it."""
    refused_id: UUID
    in_review_id: UUID
    published_id: UUID
    other_published_id: UUID
    signed: Path
    """A package that was not handed in yet."""

    @property
    def secrets(self) -> tuple[UUID, ...]:
        """Ids that nobody but the vendor is ever told."""
        return self.key_id, self.refused_id


def publish_things(hospital: Hospital, folder: Path, version: PluginVersion) -> Published:
    """Make a key and four submissions of a tenant, each in the package of `version`."""
    prefix = f"org.v{uuid4().hex[:10]}."
    path = folder / "vendor.pem"
    key = PublisherKey.of(new_key(path), publisher="-", prefixes=[prefix])
    plain = make_package(folder / "vendor", SmallPlugin(plugin_id=f"{prefix}bright"))
    signed = sign_package(plain, load_signer(path), folder / "vendor-signed")
    ids = {}
    with inside(hospital):
        key_id = register_key(key).pk
        for number, state in enumerate(("refused", "in review", "published", "published")):
            row = Submission.objects.create(
                plugin_id=f"{prefix}other", version=f"1.{number}.0", digest=str(number) * 64, size_bytes=1,
                keyid=key.keyid, manifest=version.manifest, storage_key=version.storage_key, state=state,
                submitted_by="colleague",
            )  # fmt: skip
            ids[number] = row.pk
            if state != "refused":
                ReviewCase.objects.create(submission=row, is_open=state == "in review")
    return Published(key_id, key.to_json(), ids[0], ids[1], ids[2], ids[3], signed)


def table(call: "type[Call]", address: "type[Address]") -> "dict[tuple[str, str], Address]":
    """Return every address of the two rooms.

    An operator's address with ids of another tenant is no breach: what waits for a word is there to be read
    by whoever runs the platform. That others may not call it stands in the matrix of roles.
    """

    def plain(method: str, path: str, body: Any = None, **options: Any) -> "Address":
        made = call(method, f"/{API}{path}", body)
        return address(lambda _: made, lambda _mine, _theirs: [made], lists=True, **options)

    def by_id(method: str, path: str, name: str, body: Any = None, **options: Any) -> "Address":
        def make(own: "Stocked") -> "Call":
            return call(method, f"/{API}{path.format(getattr(own.published, name))}", body)

        operators = path.startswith("review/")
        return address(make, lambda _, theirs: [] if operators else [make(theirs)], **options)

    def keys(own: "Stocked") -> "Call":
        return call("POST", f"/{API}publishing/keys/", {"publishers": [own.published.key]})

    def submit(own: "Stocked") -> "Call":
        content = own.published.signed.read_bytes()
        kind = "application/octet-stream"
        return call("POST", f"/{API}publishing/submissions/", content=content, content_type=kind)

    words, reason = {"decision": "decline", "words": "no"}, {"reason": "wrong side"}
    revoked = {"state": "revoked", "reason": "stolen"}
    one, case = "publishing/submissions/{}/", "review/submissions/{}/"
    return {
        ("GET", f"{API}publishing/keys/"): plain("GET", "publishing/keys/"),
        ("POST", f"{API}publishing/keys/"): address(keys, lambda mine, _: [keys(mine)], lists=True),
        ("POST", f"{API}publishing/keys/<uuid:key_id>/"): by_id(
            "POST", "publishing/keys/{}/", "key_id", revoked, last=1
        ),
        ("GET", f"{API}publishing/submissions/"): plain("GET", "publishing/submissions/"),
        ("POST", f"{API}publishing/submissions/"): address(
            submit, lambda _, theirs: [submit(theirs)], lists=True
        ),
        ("GET", f"{API}{SUBMISSION}"): by_id("GET", one, "refused_id"),
        ("GET", f"{API}{SUBMISSION}log/"): by_id("GET", f"{one}log/", "refused_id"),
        ("POST", f"{API}{SUBMISSION}yank/"): by_id("POST", f"{one}yank/", "published_id", reason, last=1),
        ("GET", f"{API}publishing/usage/"): plain("GET", "publishing/usage/"),
        ("GET", f"{API}usage-sharing/"): plain("GET", "usage-sharing/"),
        ("PUT", f"{API}usage-sharing/"): plain("PUT", "usage-sharing/", {"shares": True}),
        ("GET", f"{API}review/submissions/"): plain("GET", "review/submissions/", tells_operators=True),
        ("GET", f"{API}{CASE}"): by_id("GET", case, "in_review_id"),
        ("GET", f"{API}{CASE}log/"): by_id("GET", f"{case}log/", "in_review_id"),
        ("POST", f"{API}{CASE}decision/"): by_id("POST", f"{case}decision/", "in_review_id", words, last=1),
        ("POST", f"{API}{CASE}yank/"): by_id("POST", f"{case}yank/", "other_published_id", reason, last=1),
    }
