"""What a manifest says of the registrations by which it may be used on patients."""

from datetime import date

import pytest
from pydantic import ValidationError
from tests.small_package import SmallPlugin, write_manifest

from allward_sdk.errors import ManifestError
from allward_sdk.intended_use import IntendedUse
from allward_sdk.manifest import Manifest, parse_manifest

STATEMENT = {"en": "Finds what is bright.", "zh": "查找亮区。"}
REGISTRATION = {
    "authority": "NMPA",
    "registrant": "某某医疗科技有限公司",
    "number": "国械注准20263210001",
    "version": "1.0.0",
    "valid_until": "2031-05-31",
}


def use(**said):
    return IntendedUse.model_validate({"statement": STATEMENT, **said})


def test_a_cleared_version_names_a_registration():
    with pytest.raises(ValidationError, match="registrations must name one"):
        use(status="cleared")
    assert use(status="cleared", registrations=[REGISTRATION]).registrations[0].authority == "NMPA"


def test_a_research_version_names_none():
    with pytest.raises(ValidationError, match="no registration to name"):
        use(registrations=[REGISTRATION])


def test_the_same_registration_stands_there_once():
    with pytest.raises(ValidationError, match="twice"):
        use(status="cleared", registrations=[REGISTRATION, REGISTRATION])


@pytest.mark.parametrize("field", sorted(REGISTRATION))
def test_nothing_of_a_registration_may_be_missing(field):
    said = {name: value for name, value in REGISTRATION.items() if name != field}
    with pytest.raises(ValidationError, match=field):
        use(status="cleared", registrations=[said])


def test_it_holds_for_its_version_until_its_last_day():
    registration = use(status="cleared", registrations=[REGISTRATION]).registrations[0]
    assert registration.holds(version="1.0.0", day=date(2031, 5, 31))
    assert not registration.holds(version="1.0.0", day=date(2031, 6, 1))
    assert not registration.holds(version="1.0.1", day=date(2026, 1, 1))


def test_a_date_in_toml_survives_the_way_through_the_database():
    text = write_manifest(SmallPlugin(status="cleared"), sha256="0" * 64)
    manifest = parse_manifest(text)
    stored = manifest.model_dump(mode="json")
    assert stored["intended_use"]["registrations"][0]["valid_until"] == "2099-12-31"
    assert Manifest.model_validate(stored) == manifest


def test_a_day_that_does_not_exist_is_named_with_its_place():
    text = write_manifest(SmallPlugin(status="cleared", valid_until="2031-02-30"), sha256="0" * 64)
    with pytest.raises(ManifestError, match="valid"):
        parse_manifest(text)
