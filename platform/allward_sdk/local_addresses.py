"""Addresses that mean the machine itself, which somebody far away must not have it ask.

Source
------
RFC 1122 3.2.1.3 (loopback), RFC 3927 and RFC 4291 2.5.6 (link-local), RFC 4291 2.5.5.2 (IPv4 in IPv6).
"""

import ipaddress
import socket

from allward_sdk.errors import BadInputError


def is_local(address: str) -> bool:
    """Tell whether an IP address is loopback, link-local or unspecified; written in IPv6 or not."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return found.is_loopback or found.is_link_local or found.is_unspecified


def check_not_local(host: str, port: int) -> None:
    """Refuse a host if any address that its name stands for is local.

    A name may mean something else a moment later: who connects looks at the address he got, too.

    Raises
    ------
    BadInputError
        If one is local.
    OSError
        If the name means nothing to the resolver.
    """
    for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        refuse_local(str(place[0]), host=host)


def refuse_local(address: str, *, host: str) -> None:
    """Refuse an address that is local; `host` is the name that led to it.

    Raises
    ------
    BadInputError
        If it is local.
    """
    if is_local(address):
        raise BadInputError(
            f"{host} is this machine's own or a link-local address ({address}), which is not asked; "
            "the operator can allow it with ALLWARD_LOCAL_ADDRESSES"
        )
