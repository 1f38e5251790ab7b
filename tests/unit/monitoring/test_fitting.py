"""What a plug-in declares against what the engines have: refused or warned, in words."""

import pytest

from allward.monitoring.engine_status import parse_status
from allward.monitoring.fitting import fit_of

MIB = 1 << 20


def engine(*, host_mib=None, device_mib=None, device="OpenVINO CPU"):
    ledger = None if device_mib is None else {"capacity_bytes": device_mib * MIB}
    host = None if host_mib is None else {"capacity_bytes": host_mib * MIB}
    return parse_status({"device": device, "ledger": ledger, "host_ledger": host})


def needs(memory_mib=500, device_memory_mib=0):
    return {"memory_mib": memory_mib, "device_memory_mib": device_memory_mib, "timeout_s": 60}


def test_what_fits_is_not_spoken_of():
    fit = fit_of(needs(), [engine(host_mib=8000)], elsewhere=False)
    assert (fit.refused, fit.warnings) == (None, ())


def test_more_memory_than_any_engine_has_is_refused_with_both_numbers():
    fit = fit_of(needs(9000), [engine(host_mib=8000)], elsewhere=False)
    assert fit.refused is not None
    assert "9000 MiB" in fit.refused.en
    assert "8000 MiB" in fit.refused.zh


@pytest.mark.parametrize("engines", [[engine(host_mib=8000), engine(host_mib=64000)]])
def test_one_of_several_engines_that_is_too_small_is_warned_of(engines):
    fit = fit_of(needs(9000), engines, elsewhere=False)
    assert fit.refused is None
    assert "would fail" in fit.warnings[0].en


def test_engines_of_other_machines_may_be_larger_so_it_is_a_warning():
    fit = fit_of(needs(9000), [engine(host_mib=8000)], elsewhere=True)
    assert fit.refused is None
    assert len(fit.warnings) == 1


def test_an_engine_that_is_away_is_said_and_nothing_is_refused():
    fit = fit_of(needs(9000), [None], elsewhere=False)
    assert fit.refused is None
    assert "not known" in fit.warnings[0].en
    assert fit_of(needs(9000), [engine(host_mib=8000), None], elsewhere=False).refused is None


def test_a_gpu_that_is_too_small_is_refused_and_a_machine_without_one_is_warned_of():
    small = engine(host_mib=8000, device_mib=4000, device="NVIDIA L4 TensorRT")
    assert fit_of(needs(device_memory_mib=9000), [small], elsewhere=False).refused is not None
    fit = fit_of(needs(device_memory_mib=9000), [engine(host_mib=8000, device_mib=2000)], elsewhere=False)
    assert fit.refused is None
    assert "slowly" in fit.warnings[0].en


def test_an_engine_that_does_not_say_what_it_has_is_not_held_to_be_small():
    fit = fit_of(needs(9000), [engine()], elsewhere=False)
    assert (fit.refused, fit.warnings) == (None, ())
