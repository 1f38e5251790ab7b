"""What a hospital has of retrieval: an archive and a study that waits for it, and how both are called."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.flow.retrieval.nodes import searchable
from tests.platform_database import Hospital, inside

from allward.retrieval.actions import Wanted, add_archive, ask, give_title
from allward.retrieval.models import OwnTitle

if TYPE_CHECKING:
    from tests.flow.tenancy.addresses import Address, Call
    from tests.flow.tenancy.stocked import Stocked

API = "api/v1/"
ARCHIVE = "archives/<uuid:archive_id>/"
_NEW = {"name": "second", "method": "c_move", "host": "127.0.0.1", "port": 104, "called_ae_title": "ARC"}


def fetch_things(hospital: Hospital, word: str) -> dict[str, UUID]:
    """Enter an archive that answers searches and holds nothing, and ask it for a study."""
    with inside(hospital):
        archive = add_archive(replace(searchable().settings("c_get"), name=f"{word} archive"))
        give_title(spare_title(hospital, word))
        (waiting,) = ask(archive.pk, [Wanted(accession_number=f"{word[:8]}9")])
    return {"archive_id": archive.pk, "retrieval_id": waiting.pk}


def spare_title(hospital: Hospital, word: str) -> str:
    """Return an AE title of the hospital that no archive needs; no other hospital has it."""
    return f"{word[:9]}-{hospital.tenant_id.hex[-6:].upper()}"


def table(call: "type[Call]", address: "type[Address]") -> dict[tuple[str, str], "Address"]:
    """Return how each address of archives and retrievals is called."""

    def at(method: str, path: str, body: Any = None, **options: Any) -> "Address":
        def make(hospital: "Stocked") -> "Call":
            ids = {
                "study": hospital.study_id, "archive": hospital.archive_id, "row": hospital.retrieval_id
            }  # fmt: skip
            return call(method, f"/{API}{path.format(**ids)}", body)

        return address(make, lambda _, theirs: [make(theirs)], **options)

    def plain(method: str, path: str, body: Any = None) -> "Address":
        one = call(method, f"/{API}{path}", body)
        return address(lambda _: one, lambda _mine, _theirs: [one], lists=True)

    def title(hospital: "Stocked") -> "Call":
        with inside(hospital.hospital):
            row = OwnTitle.objects.filter(ae_title=spare_title(hospital.hospital, hospital.word)).first()
        gone = row.pk if row else UUID(int=0)
        return call("DELETE", f"/{API}archives/titles/{gone}/")

    def order(names: "Stocked") -> "Call":
        body = {"archive_id": str(names.archive_id), "accession_numbers": ["A1"]}
        return call("POST", f"/{API}retrievals/", body)

    return {
        ("POST", f"{API}studies/<uuid:study_id>/priors/"): at("POST", "studies/{study}/priors/"),
        ("GET", f"{API}archives/"): plain("GET", "archives/"),
        ("POST", f"{API}archives/"): plain("POST", "archives/", _NEW),
        ("PUT", f"{API}{ARCHIVE}"): at("PUT", "archives/{archive}/", {**_NEW, "name": "renamed"}, last=1),
        ("GET", f"{API}archives/titles/"): plain("GET", "archives/titles/"),
        ("DELETE", f"{API}archives/titles/<uuid:title_id>/"): address(
            title, lambda _, theirs: [title(theirs)], last=1
        ),
        ("POST", f"{API}{ARCHIVE}test/"): at("POST", "archives/{archive}/test/"),
        ("POST", f"{API}{ARCHIVE}query/"): at("POST", "archives/{archive}/query/", {"accession_number": "1"}),
        ("GET", f"{API}retrievals/"): plain("GET", "retrievals/"),
        ("POST", f"{API}retrievals/"): address(order, lambda _, theirs: [order(theirs)]),
        ("POST", f"{API}retrievals/<uuid:retrieval_id>/cancel/"): at(
            "POST", "retrievals/{row}/cancel/", last=1
        ),
    }
