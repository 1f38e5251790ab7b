"""Whether a new run may begin with a version: each reason against it, by itself."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from allward.registry.permits import (
    BEFORE_SIGNATURES,
    WARN_DAYS,
    AppFacts,
    SignatureFacts,
    VersionFacts,
    refusal_of,
    refusal_of_app,
    warnings_of,
    warnings_of_app,
)
from allward.registry.states import MAY_BECOME, InstallationState
from allward_sdk.intended_use import IntendedUse

DAY = date(2026, 11, 22)
SIGNED = SignatureFacts(keyid="a" * 64, key_state="active", publisher="Example", may_sign=True)
RESEARCH = IntendedUse.model_validate({"statement": {"en": "x", "zh": "某"}})
GOOD = VersionFacts("1.0.0", RESEARCH, SIGNED)


def cleared(**said):
    registration = {
        "authority": "NMPA", "registrant": "某某公司", "number": "国械注准20263210001", "version": "1.0.0",
        "valid_until": "2027-11-22", **said,
    }  # fmt: skip
    use = IntendedUse.model_validate(
        {"statement": {"en": "x", "zh": "某"}, "status": "cleared", "registrations": [registration]}
    )
    return replace(GOOD, intended_use=use)


def signed(**change):
    return replace(GOOD, signature=replace(SIGNED, **change))


def test_nothing_keeps_a_signed_version_from_running():
    assert refusal_of(GOOD, day=DAY) is None
    assert refusal_of(cleared(), day=DAY) is None
    assert warnings_of(cleared(), day=DAY) == []


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (replace(GOOD, taken_in=False), "unknown"),
        (replace(GOOD, yank_reason="wrong"), "yanked"),
        (signed(keyid=""), "unsigned"),
        (signed(key_state=None), "key_unknown"),
        (signed(key_state="revoked"), "key_revoked"),
        (signed(may_sign=False), "key_other"),
        (signed(key_state="rotated"), "key_rotated"),
        (cleared(version="0.9.0"), "registration_version"),
        (cleared(valid_until="2026-11-21"), "registration_expired"),
    ],
)
def test_each_reason_keeps_it_and_is_said_in_both_languages(facts, code):
    refusal = refusal_of(facts, day=DAY)
    assert refusal is not None
    assert refusal.code == code
    said = refusal.to_json()
    assert said["en"].endswith((".", "wrong"))
    assert any("\u4e00" <= letter <= "\u9fff" for letter in said["zh"])


def test_the_last_day_of_a_registration_is_still_one():
    assert refusal_of(cleared(valid_until=DAY.isoformat()), day=DAY) is None


def test_a_rotated_key_holds_for_what_the_catalogue_lists():
    assert refusal_of(signed(key_state="rotated", listed=True), day=DAY) is None


def test_a_revoked_key_does_not_hold_even_so():
    refusal = refusal_of(signed(key_state="revoked", listed=True), day=DAY)
    assert refusal is not None
    assert refusal.code == "key_revoked"


def test_unsigned_packages_run_on_a_development_server_with_a_warning():
    facts = signed(keyid="", unsigned_allowed=True)
    assert refusal_of(facts, day=DAY) is None
    assert [warning.code for warning in warnings_of(facts, day=DAY)] == ["unsigned"]


def test_what_was_installed_before_packages_were_signed_runs_on_with_a_warning():
    facts = signed(keyid=BEFORE_SIGNATURES, key_state=None, may_sign=False)
    assert refusal_of(facts, day=DAY) is None
    assert [warning.code for warning in warnings_of(facts, day=DAY)] == ["unsigned_before"]


@pytest.mark.parametrize(("left", "warned"), [(WARN_DAYS + 1, False), (WARN_DAYS, True), (0, True)])
def test_an_end_is_warned_of_sixty_days_ahead(left, warned):
    facts = cleared(valid_until=(DAY + timedelta(days=left)).isoformat())
    codes = [warning.code for warning in warnings_of(facts, day=DAY)]
    assert codes == (["registration_ends"] if warned else [])


def test_every_one_of_several_registrations_has_to_hold():
    use = cleared().intended_use
    (one,) = use.registrations
    lapsed = one.model_copy(update={"authority": "CE", "valid_until": DAY - timedelta(days=1)})
    facts = replace(GOOD, intended_use=use.model_copy(update={"registrations": (one, lapsed)}))
    refusal = refusal_of(facts, day=DAY)
    assert refusal is not None
    assert "CE" in refusal.text.en


def registered(*told: tuple[str, str], authority: str):
    """A cleared version with registrations of (authority, last day), in a hospital that names one."""
    (one,) = cleared().intended_use.registrations
    each = tuple(
        one.model_copy(
            update={"authority": by, "number": f"{by} {n}", "valid_until": date.fromisoformat(until)}
        )
        for n, (by, until) in enumerate(told)
    )
    use = cleared().intended_use.model_copy(update={"registrations": each})
    return replace(GOOD, intended_use=use, authority=authority)


def code_of(facts):
    refusal = refusal_of(facts, day=DAY)
    return refusal.code if refusal else None


def test_a_hospital_that_names_its_authority_is_judged_by_that_one_alone():
    both = (("NMPA", "2027-11-22"), ("CE", "2026-01-01"))
    assert code_of(registered(*both, authority="NMPA")) is None
    assert code_of(registered(*both, authority="CE")) == "registration_expired"
    assert code_of(registered(*both, authority="FDA")) == "registration_missing"
    assert code_of(registered(*both, authority="")) == "registration_expired"


def test_who_has_not_named_an_authority_is_told_that_it_can_be_named():
    refusal = refusal_of(registered(("NMPA", "2027-11-22"), ("CE", "2026-01-01"), authority=""), day=DAY)
    assert refusal is not None
    assert "administrator has to say so" in refusal.text.en


def test_a_renewal_beside_the_lapsed_one_of_the_same_authority_is_enough_and_warns_of_nothing():
    facts = registered(("NMPA", "2026-12-01"), ("NMPA", "2031-12-01"), authority="NMPA")
    assert code_of(facts) is None
    assert warnings_of(facts, day=DAY) == []
    assert code_of(registered(("NMPA", "2026-01-01"), ("NMPA", "2031-12-01"), authority="NMPA")) is None


def test_a_research_version_needs_no_registration_of_any_authority():
    assert code_of(replace(GOOD, authority="NMPA")) is None


def test_an_app_is_judged_by_its_registrations_as_a_plugin_is():
    use = cleared(valid_until="2026-12-01").intended_use
    facts = AppFacts("1.0.0", use, "NMPA")
    assert refusal_of_app(facts, day=DAY) is None
    assert [warning.code for warning in warnings_of_app(facts, day=DAY)] == ["registration_ends"]
    late = refusal_of_app(facts, day=date(2026, 12, 2))
    assert late is not None
    assert late.code == "registration_expired"
    other = refusal_of_app(replace(facts, version="1.1.0"), day=DAY)
    assert other is not None
    assert other.code == "registration_version"


def test_a_withdrawn_version_can_only_be_taken_out():
    assert MAY_BECOME[InstallationState.YANKED] == {InstallationState.UNINSTALLED}
    assert set(MAY_BECOME) == set(InstallationState)
