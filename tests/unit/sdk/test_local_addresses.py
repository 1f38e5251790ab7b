"""Which addresses mean the machine itself, however they are written."""

import pytest

from allward_sdk.errors import BadInputError
from allward_sdk.local_addresses import check_not_local, is_local


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.9.9.9", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1", "169.254.169.254", "fe80::1%eth0",
     "::ffff:169.254.169.254", "::127.0.0.1", "2002:7f00:1::", "64:ff9b::a9fe:a9fe", "fd00:ec2::254",
     "100.100.100.200", "::ffff:100.100.100.200", "168.63.129.16"],
)  # fmt: skip
def test_an_address_of_the_machine_itself_or_its_link_is_local(address):
    assert is_local(address)


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.0.7", "172.16.0.1", "8.8.8.8", "fd00::7"])
def test_an_address_of_a_hospitals_network_is_not_local(address):
    assert not is_local(address)


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001", "::1"])
def test_every_spelling_of_this_machine_is_refused_with_what_to_do(host):
    with pytest.raises(BadInputError, match="ALLWARD_LOCAL_ADDRESSES"):
        check_not_local(host, 80)


def test_an_address_of_the_network_passes():
    check_not_local("10.1.2.3", 80)
