"""Signs the printed report with the hospital's own key, and reads who signed one and whether it is whole.

The signature is PAdES-B-B with Ed25519, its certificate issued by the key itself: a key is believed because
`publishers.json` names it, never because of what a certificate says. It names the hospital by its code
(`/Location`) and the signed file beside which the pages were made (`/Reason`).

pyHanko is imported where it is used: it is slow to load, and one process in ten needs it.

Source: ETSI EN 319 142-1; RFC 8419 and ISO/TS 32002 for Ed25519.
"""

import io
import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from securesystemslib.signer import CryptoSigner

from allward_sdk.errors import UntrustedError
from allward_sdk.trust.keys import keyid_of

BEGINNING = b"%PDF-"
"""Of every PDF. Source: ISO 32000-2, 7.5.2."""

_FIELD = "Hospital"
_REASON = "Acceptance report; SHA-256 of report.json: "
_DIGEST = re.compile(f"{re.escape(_REASON)}([0-9a-f]{{64}})")

_VALID_FROM = datetime(2020, 1, 1, tzinfo=UTC)
_NO_END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""Of a certificate without an end. Source: RFC 5280, 4.1.2.5."""

_MOST_OF_A_NAME = 64
"""Characters of a part of an X.509 name. Source: RFC 5280, appendix A.1."""

_HOSTILE = (
    *(ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError),
    *(NotImplementedError, RecursionError),
)
"""What reading a file that was tampered with raises, beside pyHanko's own errors."""


@dataclass(frozen=True, slots=True)
class SignedPdf:
    """A PDF whose one signature covers all of its bytes; whether its key is believed is not said yet."""

    keyid: str
    """Of the key that signed it, as `publishers.json` names keys."""
    hospital: str
    """Code of the hospital, as the signature names it."""
    digest: str
    """sha256 of the `report.json` that was made with it."""


def sign_pdf(pdf: bytes, signer: CryptoSigner, *, hospital: str, name: str, digest: str) -> bytes:
    """Return a PDF with a signature of all its bytes.

    Parameters
    ----------
    hospital, name
        Code and name of the hospital whose key signs.
    digest
        sha256 of the `report.json` that shows the same.
    """
    from asn1crypto.keys import PrivateKeyInfo
    from asn1crypto.x509 import Certificate
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    private = load_pem_private_key(signer.private_bytes, None)
    assert isinstance(private, Ed25519PrivateKey)
    how = PdfSignatureMetadata(
        field_name=_FIELD,
        md_algorithm="sha512",
        subfilter=SigSeedSubFilter.PADES,
        reason=f"{_REASON}{digest}",
        location=hospital,
        name=name,
    )
    whom = SimpleSigner(
        signing_cert=Certificate.load(_certificate(private, hospital, name).public_bytes(Encoding.DER)),
        signing_key=PrivateKeyInfo.load(
            private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        ),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]  # it has no types
    )
    signed: bytes = PdfSigner(how, whom).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf))).getvalue()
    return signed


def _certificate(private: Ed25519PrivateKey, hospital: str, name: str) -> x509.Certificate:
    """Return the certificate that a key issues to itself, the same each time."""
    public = private.public_key()
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, (name or hospital)[:_MOST_OF_A_NAME]),
            x509.NameAttribute(NameOID.COMMON_NAME, hospital[:_MOST_OF_A_NAME]),
        ]
    )
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(int.from_bytes(public.public_bytes_raw()[:16]) | 1)
        .not_valid_before(_VALID_FROM)
        .not_valid_after(_NO_END)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(private, None)
    )


def read_signed_pdf(content: bytes, *, place: str) -> SignedPdf:
    """Return who signed a PDF, once it is sure that its one signature covers every byte.

    Raises
    ------
    UntrustedError
        If it is no such PDF, a byte of it was changed, or something was added after it was signed.
    """
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko_certvalidator.errors import ValidationError

    # it writes the traceback of what it then says in its answer
    logging.getLogger("pyhanko.sign.validation").setLevel(logging.ERROR)
    try:
        return _read(content, place)
    except (PdfError, SignatureValidationError, ValidationError, *_HOSTILE) as error:
        raise UntrustedError(f"{place}: not a PDF whose signature can be read: {error}") from error


def _read(content: bytes, place: str) -> SignedPdf:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    signatures = PdfFileReader(io.BytesIO(content)).embedded_signatures
    if len(signatures) != 1:
        raise UntrustedError(f"{place}: it bears {len(signatures)} signatures, a report bears one")
    (signature,) = signatures
    context = ValidationContext(trust_roots=[signature.signer_cert], allow_fetching=False)
    told = validate_pdf_signature(signature, signer_validation_context=context)
    if not (told.intact and told.valid and told.trusted):
        raise UntrustedError(f"{place}: it was changed after it was signed")
    if told.coverage is not SignatureCoverageLevel.ENTIRE_FILE:
        raise UntrustedError(f"{place}: something was added to it after it was signed")
    if not _is_as_written(signature, content):
        raise UntrustedError(f"{place}: its signature was changed after it was made")
    made_for = _DIGEST.fullmatch(str(signature.sig_object.get("/Reason", "")))
    algorithm = signature.signer_cert.public_key["algorithm"]["algorithm"].native
    if made_for is None or algorithm != "ed25519":
        raise UntrustedError(f"{place}: its signature is none of a report")
    public = bytes(signature.signer_cert.public_key["public_key"])
    hospital = str(signature.sig_object.get("/Location", ""))
    return SignedPdf(keyid_of(public.hex()), hospital, made_for[1])


def _is_as_written(signature: Any, content: bytes) -> bool:
    """Tell whether the gap that a signature leaves holds it in the form that we write, and nothing else.

    A signature covers neither the gap nor all of the message in it: names of algorithms, spare room. So the
    message is made again of what it covers.
    """
    start, length, after, _ = signature.byte_range
    message = _message(signature).hex().upper().encode()
    room = after - start - length - 2
    return content[start + length : after] == b"<" + message.ljust(room, b"0") + b">"


def _message(signature: Any) -> bytes:
    """Return the CMS message around a certificate, signed attributes and their signature.

    Source
    ------
    RFC 5652, section 5; algorithms: RFC 8419, section 3.
    """
    from asn1crypto import cms

    signer, certificate = signature.signer_info, signature.signer_cert
    digest = {"algorithm": "sha512"}
    whose = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    told = {
        "version": "v1",
        "sid": cms.SignerIdentifier({"issuer_and_serial_number": cms.IssuerAndSerialNumber(whose)}),
        "digest_algorithm": digest,
        "signed_attrs": signer["signed_attrs"],
        "signature_algorithm": {"algorithm": "ed25519"},
        "signature": signer["signature"].native,
    }
    data = {
        "version": "v1",
        "digest_algorithms": [digest],
        "encap_content_info": {"content_type": "data"},
        "certificates": [certificate],
        "signer_infos": [cms.SignerInfo(told)],
    }
    content = {"content_type": "signed_data", "content": cms.SignedData(data)}
    message: bytes = cms.ContentInfo(content).dump()
    return message
