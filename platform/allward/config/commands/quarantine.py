"""`allward quarantine`: images whose hospital could not be told, or whose study is another patient's."""

from argparse import ArgumentParser, Namespace, _SubParsersAction
from uuid import UUID


def register(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Add `allward quarantine`."""
    parser = subparsers.add_parser(
        "quarantine", help="list and assign images whose hospital or patient could not be told"
    )
    actions = parser.add_subparsers(required=True)
    listing = actions.add_parser("list", help="list them with the reason")
    listing.set_defaults(run=list_all)
    assign = actions.add_parser("assign", help="give images to a hospital")
    assign.add_argument("ids", nargs="+", type=UUID, metavar="ID")
    assign.add_argument("--tenant", required=True, help="code of the hospital")
    assign.add_argument(
        "--same-patient",
        action="store_true",
        help="their studies are these patients' although the images state other numbers",
    )
    assign.set_defaults(run=assign_all)


def list_all(_: Namespace) -> int:
    """Print one line for each image."""
    from allward.config.commands.start import say, start_django

    start_django()
    from allward.ingest.quarantine import list_quarantined

    rows = list_quarantined()
    for row in rows:
        sender = f"{row.calling_ae_title or '?'} to {row.called_ae_title or '?'}"
        say(f"{row.pk}  {row.received_at:%Y-%m-%d %H:%M}  {sender}  {row.institution_name}  {row.reason}")
    if not rows:
        say("nothing is in quarantine")
    return 0


def assign_all(arguments: Namespace) -> int:
    """Index the images for the hospital that was named."""
    from allward.config.commands.start import say, start_django, tenant_of_code

    start_django()
    from allward.ingest.quarantine import assign_quarantined

    tenant = tenant_of_code(arguments.tenant)
    for quarantined_id in arguments.ids:
        fate = assign_quarantined(
            quarantined_id, tenant.pk, actor="allward quarantine", same_patient=arguments.same_patient
        )
        say(f"{quarantined_id}: {fate}")
    return 0
