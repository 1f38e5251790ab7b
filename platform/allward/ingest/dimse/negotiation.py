"""Which associations and presentation contexts are accepted. Pure decisions.

Every storage SOP class is taken, in the sender's first transfer syntax that can be stored as received.
"""

from collections.abc import Collection

from pydicom._uid_dict import UID_dictionary

from allward.ingest.dimse import pdu
from allward.ingest.dimse.pdu import AnsweredContext, AssociateRequest, ContextResult, Rejection

VERIFICATION = "1.2.840.10008.1.1"
_STANDARD_ROOT = "1.2.840.10008."
_STORAGE_ROOT = "1.2.840.10008.5.1.4.1.1."
"""All SOP classes below it are storage. Source: PS3.4 B.5."""
_PRIVATE_STORAGE_ROOTS = (
    "1.2.840.113619.4.",  # GE
    "1.3.12.2.1107.5.9.1",  # Siemens CSA
    "1.3.46.670589.",  # Philips
    "1.2.392.200036.9116.7.8.1.1.",  # Canon, Toshiba
)
"""Private objects that modalities send beside images, from the conformance statements of their makers."""
_NOT_STORED = ("Commitment", "Directory", "Query", "Management")
_OTHER_STORAGE = frozenset(
    uid
    for uid, (name, kind, *_) in UID_dictionary.items()
    if kind == "SOP Class" and "Storage" in name and not any(word in name for word in _NOT_STORED)
)
_UNSTORABLE = frozenset(
    {
        "1.2.840.10008.1.2.4.94",  # JPIP referenced: the pixels would stay with the sender
        "1.2.840.10008.1.2.4.95",
        "1.2.840.10008.1.2.4.204",
        "1.2.840.10008.1.2.4.205",
        "1.2.840.10008.1.2.6.1",  # RFC 2557 MIME
        "1.2.840.10008.1.2.6.2",  # XML
        "1.2.840.10008.1.2.7.1",  # SMPTE ST 2110: live video
        "1.2.840.10008.1.2.7.2",
        "1.2.840.10008.1.2.7.3",
    }
)
_STORABLE = (
    frozenset(uid for uid, (_, kind, *_) in UID_dictionary.items() if kind == "Transfer Syntax") - _UNSTORABLE
)
_PROTOCOL_VERSION_1 = 1


def is_storage(abstract_syntax: str) -> bool:
    """Tell whether objects of this SOP class are stored."""
    return (
        abstract_syntax.startswith(_STORAGE_ROOT)
        or abstract_syntax in _OTHER_STORAGE
        or abstract_syntax.startswith(_PRIVATE_STORAGE_ROOTS)
    )


def answer_contexts(request: AssociateRequest) -> tuple[AnsweredContext, ...]:
    """Answer each proposed presentation context."""
    return tuple(_answer(context) for context in request.contexts)


def _answer(context: pdu.ProposedContext) -> AnsweredContext:
    syntaxes = context.transfer_syntaxes
    refused = syntaxes[0] if syntaxes else "1.2.840.10008.1.2"

    def answer(result: ContextResult, syntax: str) -> AnsweredContext:
        return AnsweredContext(context.context_id, context.abstract_syntax, result, syntax)

    if context.abstract_syntax != VERIFICATION and not is_storage(context.abstract_syntax):
        return answer(ContextResult.ABSTRACT_SYNTAX_NOT_SUPPORTED, refused)
    for syntax in syntaxes:
        if syntax in _STORABLE:
            return answer(ContextResult.ACCEPTED, syntax)
    return answer(ContextResult.TRANSFER_SYNTAXES_NOT_SUPPORTED, refused)


def refusal(
    request: AssociateRequest, *, own_ae_title: str, mapped_ae_titles: Collection[str] | None
) -> Rejection | None:
    """Return why an association is refused as a whole, or None.

    Parameters
    ----------
    own_ae_title
        Of this deployment.
    mapped_ae_titles
        Called AE titles in the rules of all hospitals; None if the rules are not known yet, and then a sender
        to another title than our own is asked to come back.
    """
    if not request.protocol_version & _PROTOCOL_VERSION_1:
        return pdu.PROTOCOL_VERSION_UNKNOWN
    if request.application_context != pdu.APPLICATION_CONTEXT:
        return pdu.APPLICATION_CONTEXT_UNKNOWN
    if request.called_ae_title == own_ae_title:
        return None
    if mapped_ae_titles is None:
        return pdu.TEMPORARY_CONGESTION
    return None if request.called_ae_title in mapped_ae_titles else pdu.CALLED_AE_UNKNOWN
