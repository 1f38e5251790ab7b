"""Every way a sender rule is written."""

from uuid import UUID

from allward.audit.actions import record
from allward.ingest.models import SenderRule
from allward.tenancy.scope import required_scope


def add_sender_rule(
    *,
    called_ae_title: str = "",
    calling_ae_title: str = "",
    institution_name: str = "",
    certificate_sha256: str = "",
    department_id: UUID | None = None,
) -> SenderRule:
    """State that images which match every given field belong to the acting tenant; once."""
    scope = required_scope()
    rule, created = SenderRule.objects.get_or_create(
        tenant_id=scope.acting,
        called_ae_title=called_ae_title,
        calling_ae_title=calling_ae_title,
        institution_name=institution_name,
        certificate_sha256=certificate_sha256,
        defaults={"department_id": department_id},
    )
    if created:
        record(
            tenant_id=scope.acting,
            actor=scope.actor,
            action="change",
            what="sender rule",
            what_id=str(rule.pk),
            called=called_ae_title,
            calling=calling_ae_title,
            institution=institution_name,
            certificate=certificate_sha256,
        )
    return rule
