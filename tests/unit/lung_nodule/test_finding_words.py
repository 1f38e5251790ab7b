"""What the app writes of a nodule is what its advice and its report read."""

import typing

import pytest
from tests.unit.lung_nodule.nodule_findings import nodule

from allward_measure.nodules.kind import Kind
from allward_measure.nodules.place import Lobe, Place
from allward_sdk.parts import Localised
from lung_nodule.logic.finding_words import change_of, kind_of, lobe_of, pleura_of
from lung_nodule.logic.followup.change import ChangeStatus
from lung_nodule.logic.followup.words import change_property
from lung_nodule.logic.measuring import Measured, properties_of
from lung_nodule.logic.words import KINDS, LOBES, property_of


def with_property(told):
    return nodule().model_copy(update={"properties": (told,)})


@pytest.mark.parametrize("kind", typing.get_args(Kind))
def test_every_kind_that_is_written_is_read(kind):
    assert kind_of(with_property(property_of("kind", *KINDS[kind]))) == kind


@pytest.mark.parametrize("lobe", typing.get_args(Lobe))
def test_every_lobe_that_is_written_is_read(lobe):
    assert lobe_of(with_property(property_of("lobe", *LOBES[lobe]))) == lobe


@pytest.mark.parametrize("why", [None, Localised(en="not stable, not new", zh="原因")])
@pytest.mark.parametrize("change", typing.get_args(ChangeStatus))
def test_every_change_that_is_written_is_read_whatever_stands_in_its_brackets(change, why):
    assert change_of(with_property(change_property(change, why))) == change


def test_what_is_not_determined_is_not_known():
    for name in ("kind", "lobe"):
        found = with_property(property_of(name, Localised(en="not determined", zh="未确定")))
        assert (kind_of(found), lobe_of(found), change_of(found)) == (None, None, None)


@pytest.mark.parametrize(("gap_mm", "said"), [(0.0, "juxtapleural"), (12.0, "apart_from_the_pleura")])
def test_how_a_nodule_lies_to_the_pleura_is_read(gap_mm, said):
    place = Place(side="right", lobe=None, pleura_mm=gap_mm, pleura_beyond_mm=None)
    found = nodule().model_copy(update={"properties": properties_of(Measured(None, place))})
    assert pleura_of(found) == said
    assert lobe_of(found) is None
