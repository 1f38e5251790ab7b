"""`allward destination`: where accepted results go."""

from argparse import ArgumentParser, Namespace, _SubParsersAction


def register(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Add `allward destination`."""
    parser = subparsers.add_parser("destination", help="add, list and test the PACS that receive results")
    actions = parser.add_subparsers(required=True)
    add = actions.add_parser("add", help="add a DICOM node")
    add.add_argument("name")
    add.add_argument("called_ae_title")
    add.add_argument("host")
    add.add_argument("port", type=int)
    add.add_argument("--tenant", default="central", help="code of the hospital (default: central)")
    add.add_argument("--calling-ae-title", default="ALLWARD")
    add.add_argument("--unreviewed", action="store_true", help="send results before review, UNVERIFIED")
    add.add_argument("--research", action="store_true", help="takes results of plug-ins marked research")
    add.set_defaults(run=add_one)
    listing = actions.add_parser("list", help="list them, and ask each whether it is there")
    listing.add_argument("--tenant", default="central", help="code of the hospital (default: central)")
    listing.set_defaults(run=list_all)


def add_one(arguments: Namespace) -> int:
    """Add a destination."""
    from allward.config.commands.start import say, start_django, tenant_of_code

    start_django()
    from allward.delivery.actions import add_destination
    from allward.delivery.send import Peer
    from allward.tenancy.scope import Scope, within

    tenant = tenant_of_code(arguments.tenant)
    peer = Peer(
        host=arguments.host,
        port=arguments.port,
        called_ae_title=arguments.called_ae_title,
        calling_ae_title=arguments.calling_ae_title,
    )
    with within(Scope.of_tenant(tenant.pk, actor="allward destination")):
        add_destination(
            name=arguments.name,
            peer=peer,
            sends_unreviewed=arguments.unreviewed,
            for_research=arguments.research,
        )
    say(f"{arguments.name}: results of {tenant.code} go to {peer.called_ae_title} at {peer.host}:{peer.port}")
    return 0


def list_all(arguments: Namespace) -> int:
    """List the destinations of a hospital and whether they answer a C-ECHO."""
    from allward.config.commands.start import say, start_django, tenant_of_code

    start_django()
    from allward.delivery.actions import peer_of
    from allward.delivery.models import Destination
    from allward.delivery.send import echo
    from allward.tenancy.scope import Scope, within
    from allward_sdk.errors import AllwardError

    tenant = tenant_of_code(arguments.tenant)
    with within(Scope.of_tenant(tenant.pk, actor="allward destination")):
        rows = list(Destination.objects.order_by("name"))
    for row in rows:
        try:
            echo(peer_of(row))
            answer = "answers"
        except AllwardError as error:
            answer = str(error)
        say(f"{row.name:<20} {row.called_ae_title} at {row.host}:{row.port}  {answer}")
    if not rows:
        say("no destinations; add one with: allward destination add NAME AE_TITLE HOST PORT")
    return 0
