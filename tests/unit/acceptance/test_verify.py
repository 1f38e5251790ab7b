"""`allward acceptance verify`: who signed a report of either form, and what is said of one that fails."""

import base64
import json

import pytest
from tests.unit.acceptance.test_report import STAMP, SUBJECT, cases

from allward.acceptance.pdf import pdf_of
from allward.acceptance.pdf_signing import sign_pdf
from allward.acceptance.report import FORMAT, PAYLOAD_TYPE, figures_told, make_report
from allward_sdk.cli import main
from allward_sdk.trust.dsse import canonical, sign_bytes
from allward_sdk.trust.keys import PublisherKey, load_signer, new_key, publishers_to_json


@pytest.fixture(scope="module")
def report():
    return make_report(SUBJECT, cases())


@pytest.fixture(scope="module")
def signers(tmp_path_factory):
    """Keys of two hospitals."""
    folder = tmp_path_factory.mktemp("keys")
    for code in ("central", "western"):
        new_key(folder / code)
    return {code: load_signer(folder / code) for code in ("central", "western")}


@pytest.fixture
def verify(tmp_path, signers, capsys):
    """Verify a file with the keys of these hospitals; the exit code, and all that was said."""

    def run(content: bytes, *trusted: str, **more):
        keys = [
            PublisherKey.of(
                signers[code].public_key, publisher=f"Hospital {code}", prefixes=[f"local.{code}."]
            )
            for code in trusted
        ]
        told = [key.to_json() | more for key in keys]
        (tmp_path / "publishers.json").write_text(
            json.dumps(told) if more else publishers_to_json(keys), encoding="utf-8"
        )
        (tmp_path / "report").write_bytes(content)
        words = ["--publishers", str(tmp_path / "publishers.json")]
        code = main(["acceptance", "verify", str(tmp_path / "report"), *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def pdf(signer, *, hospital: str = "central") -> bytes:
    pages = pdf_of(make_report(SUBJECT, cases()), STAMP, "en")
    return sign_pdf(pages, signer, hospital=hospital, name="Central Hospital", digest=STAMP.digest)


def signed(report, signer) -> bytes:
    return sign_bytes(canonical(report), PAYLOAD_TYPE, signer)


def test_a_report_of_either_form_is_verified_with_the_hospitals_key(verify, report, signers):
    code, said = verify(signed(report, signers["central"]), "central")
    assert (code, "signed by Hospital central" in said, "follow from its cases" in said) == (0, True, True)
    code, said = verify(pdf(signers["central"]), "central")
    assert (code, "signed by Hospital central" in said, STAMP.digest in said) == (0, True, True)


def test_a_key_that_nobody_trusts_is_told_for_either_form(verify, report, signers):
    for content in (signed(report, signers["western"]), pdf(signers["western"])):
        code, said = verify(content, "central")
        assert (code, "is not trusted here" in said) == (1, True)


def test_a_report_of_one_hospital_that_another_one_signed_is_told_for_either_form(verify, report, signers):
    for content in (signed(report, signers["western"]), pdf(signers["western"])):
        code, said = verify(content, "central", "western")
        assert code == 1
        assert "a report of the hospital central, signed by Hospital western" in said


def test_a_revoked_key_is_told_for_either_form(verify, report, signers):
    for content in (signed(report, signers["central"]), pdf(signers["central"])):
        code, said = verify(content, "central", state="revoked", reason="it was stolen")
        assert (code, "was revoked: it was stolen" in said) == (1, True)


def test_a_changed_byte_is_told_for_either_form(verify, report, signers):
    printed = bytearray(pdf(signers["central"]))
    printed[printed.index(b"/Producer") + 12] ^= 1
    assert "was changed after it was signed" in verify(bytes(printed), "central")[1]
    envelope = json.loads(signed(report, signers["central"]))
    envelope["payload"] = base64.b64encode(canonical(report).replace(b'"failed":1', b'"failed":0')).decode()
    assert "not a signature of this payload" in verify(json.dumps(envelope).encode(), "central")[1]


def test_figures_that_do_not_follow_are_told_apart_from_those_of_an_earlier_format(verify, report, signers):
    false = json.loads(json.dumps(report))
    false["figures"]["overall"]["sensitivity"]["value"] = 1.0
    code, said = verify(signed(false, signers["central"]), "central")
    assert (code, "the figures do not follow" in said) == (1, True)
    earlier = json.loads(json.dumps(report)) | {"format": 1}
    code, said = verify(signed(earlier, signers["central"]), "central")
    assert code == 1
    assert "the signature holds; its numbers were made by format 1, by allward" in said
    assert f"computing them again needs that software, this one makes format {FORMAT}" in said


def test_figures_of_an_earlier_report_do_not_say_how_many_patients_they_are_of(report):
    assert figures_told(report) == report["figures"]

    def without(told):
        if isinstance(told, dict):
            return {name: without(one) for name, one in told.items() if name != "patients"}
        return [without(one) for one in told] if isinstance(told, list) else told

    overall = figures_told(without(report))["overall"]
    assert overall["patients"] is None
    assert overall["sensitivity"]["patients"] is None
    assert overall["sensitivity"]["value"] == report["figures"]["overall"]["sensitivity"]["value"]
