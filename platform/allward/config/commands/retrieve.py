"""`allward retrieve`: old studies from the hospital's archives."""

from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from allward_sdk.errors import UsageError

if TYPE_CHECKING:
    from allward.retrieval.models import SourceArchive


def register(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Add `allward retrieve`."""
    parser = subparsers.add_parser("retrieve", help="fetch old studies from a PACS, in a window, under a cap")
    actions = parser.add_subparsers(required=True)
    _register_add(actions)
    title = actions.add_parser("title", help="say under which AE title a hospital calls archives")
    title.add_argument("ae_title")
    title.set_defaults(run=own)
    title.add_argument("--take-back", action="store_true", help="it is no longer this hospital's")
    listing = actions.add_parser("archives", help="list the archives, and ask each whether it is there")
    listing.set_defaults(run=list_archives)
    study = actions.add_parser("study", help="queue studies by accession number, UID or list")
    study.add_argument("archive", help="name of the archive")
    study.add_argument("accession_numbers", nargs="*", metavar="ACCESSION_NUMBER")
    study.add_argument("--uid", action="append", default=[], help="Study Instance UID; may be repeated")
    study.add_argument(
        "--list", type=Path, metavar="CSV", help="accession numbers, or a table with a heading"
    )
    study.add_argument("--now", action="store_true", help="outside of the window, before all others")
    study.set_defaults(run=queue)
    status = actions.add_parser("status", help="list what was asked for, the newest first")
    status.add_argument("--most", type=int, default=50)
    status.set_defaults(run=list_retrievals)
    for each in (title, listing, study, status):
        each.add_argument("--tenant", default="central", help="code of the hospital (default: central)")


def _register_add(actions: "_SubParsersAction[ArgumentParser]") -> None:
    add = actions.add_parser("archive", help="add an archive that speaks DIMSE; others: see the REST face")
    add.add_argument("name")
    add.add_argument("called_ae_title")
    add.add_argument("host")
    add.add_argument("port", type=int)
    add.add_argument("--method", choices=("c_move", "c_get"), default="c_move")
    add.add_argument(
        "--calling-ae-title", default="", help="becomes the hospital's own (default: it has one)"
    )
    add.add_argument("--move-destination", default="", help="our AE title, as the archive knows it")
    add.add_argument("--bits-per-s", type=int, default=None, help="cap of bandwidth")
    add.add_argument("--associations", type=int, default=1, help="at once, at most (default: 1)")
    add.add_argument(
        "--window", nargs=3, metavar=("OPENS", "CLOSES", "ZONE"), help="for example 22:00 06:00 Asia/Shanghai"
    )
    add.add_argument("--days", default="1234567", help="on which it opens, 1 is Monday (default: all)")
    add.add_argument("--tenant", default="central", help="code of the hospital (default: central)")
    add.set_defaults(run=add_one)


def add_one(arguments: Namespace) -> int:
    """Add an archive."""
    from allward.config.commands.start import say, start_django, tenant_of_code

    start_django()
    from allward.retrieval.actions import ArchiveSettings, add_archive, give_title
    from allward.retrieval.window import Window
    from allward.tenancy.scope import Scope, within

    window = None
    if arguments.window is not None:
        opens, closes, zone = arguments.window
        days = [int(day) for day in arguments.days if day.isdigit()]
        window = Window.from_json({"days": days, "opens": opens, "closes": closes, "time_zone": zone})
    wanted = ArchiveSettings(
        name=arguments.name,
        method=arguments.method,
        host=arguments.host,
        port=arguments.port,
        called_ae_title=arguments.called_ae_title,
        calling_ae_title=arguments.calling_ae_title,
        move_destination=arguments.move_destination,
        bits_per_s=arguments.bits_per_s,
        max_associations=arguments.associations,
        window=window,
    )
    tenant = tenant_of_code(arguments.tenant)
    with within(Scope.of_tenant(tenant.pk, actor="allward retrieve")):
        if wanted.calling_ae_title:
            give_title(wanted.calling_ae_title)
        add_archive(wanted)
    say(f"{wanted.name}: studies of {tenant.code} come from {wanted.called_ae_title} at {wanted.host}")
    return 0


def own(arguments: Namespace) -> int:
    """Make an AE title a hospital's own, or no longer."""
    from allward.config.commands.start import say, start_django, tenant_of_code

    start_django()
    from allward.retrieval.actions import give_title, take_title_back
    from allward.retrieval.models import OwnTitle
    from allward.tenancy.scope import Scope, within

    tenant = tenant_of_code(arguments.tenant)
    with within(Scope.of_tenant(tenant.pk, actor="allward retrieve")):
        if arguments.take_back:
            known = OwnTitle.objects.filter(tenant_id=tenant.pk, ae_title__iexact=arguments.ae_title).first()
            if known is None:
                raise UsageError(f"{arguments.ae_title} is no AE title of {tenant.code}")
            take_title_back(known.pk)
            say(f"{known.ae_title} is no longer an AE title of {tenant.code}")
            return 0
        row = give_title(arguments.ae_title)
    say(f"{row.ae_title} is an AE title of {tenant.code} alone")
    return 0


def list_archives(arguments: Namespace) -> int:
    """List a hospital's archives and whether they answer."""
    from allward.config.commands.start import say, start_django, tenant_of_code

    start_django()
    from allward.retrieval.actions import note_test
    from allward.retrieval.queries import archives_of
    from allward.retrieval.reaching import asked
    from allward.tenancy.scope import Scope, within
    from allward_sdk.errors import AllwardError

    tenant = tenant_of_code(arguments.tenant)
    with within(Scope.of_tenant(tenant.pk, actor="allward retrieve")):
        rows = archives_of(tenant.pk)
    for row in rows:
        try:
            asked(row).test()
            answer = "answers"
        except AllwardError as error:
            answer = str(error)
        with within(Scope.of_tenant(tenant.pk, actor="allward retrieve")):
            note_test(row, error="" if answer == "answers" else answer)
        place = row.base_url or f"{row.called_ae_title} at {row.host}:{row.port}"
        say(f"{row.name:<20} {row.method:<8} {place}  {answer}")
    if not rows:
        say("no archives; add one with: allward retrieve archive NAME AE_TITLE HOST PORT")
    return 0


def queue(arguments: Namespace) -> int:
    """Queue studies."""
    from allward.config.commands.start import say, start_django, tenant_of_code

    start_django()
    from allward.retrieval.actions import Wanted, ask
    from allward.retrieval.lists import read_list
    from allward.tenancy.scope import Scope, within

    wanted = [Wanted(study_instance_uid=uid) for uid in arguments.uid]
    wanted += [Wanted(accession_number=number) for number in arguments.accession_numbers]
    if arguments.list is not None:
        wanted += read_list(arguments.list.read_text(encoding="utf-8-sig"))
    if not wanted:
        raise UsageError("name studies: accession numbers, --uid or --list")
    tenant = tenant_of_code(arguments.tenant)
    with within(Scope.of_tenant(tenant.pk, actor="allward retrieve")):
        archive = _archive_of_name(arguments.archive, tenant.pk)
        rows = ask(archive.pk, wanted, outside_window=arguments.now)
    say(f"{len(rows)} studies wait for {archive.name}; see them with: allward retrieve status")
    return 0


def _archive_of_name(name: str, tenant_id: UUID) -> "SourceArchive":
    from allward.retrieval.models import SourceArchive

    row = SourceArchive.objects.filter(tenant_id=tenant_id, name=name).first()
    if row is None:
        raise UsageError(f"there is no archive {name!r}; list them with: allward retrieve archives")
    return row


def list_retrievals(arguments: Namespace) -> int:
    """List what was asked for."""
    from allward.config.commands.start import say, start_django, tenant_of_code

    start_django()
    from allward.retrieval.queries import retrievals_of
    from allward.tenancy.scope import Scope, within

    tenant = tenant_of_code(arguments.tenant)
    with within(Scope.of_tenant(tenant.pk, actor="allward retrieve")):
        rows = retrievals_of(tenant.pk, most=arguments.most)
    for row in rows:
        of = "?" if row.instances_expected is None else row.instances_expected
        study = row.study_instance_uid or row.accession_number
        say(f"{row.state:<11} {row.instances_here}/{of}  {row.archive.name}  {study}  {row.last_error}")
    if not rows:
        say("nothing was asked for yet")
    return 0
