"""Addresses that mean the machine itself, which somebody far away must not have it ask.

Source
------
RFC 1122 3.2.1.3 (loopback), RFC 3927 and RFC 4291 2.5.6 (link-local); IPv4 in IPv6: RFC 4291 2.5.5, RFC
3056 (6to4), RFC 6052 2.1 (NAT64). What a cloud tells its machines and nobody else lies at 169.254.169.254 for
most, and at `_METADATA` beside it: AWS by IPv6, Alibaba Cloud, Azure.
"""

import ipaddress
import socket

from allward_sdk.errors import BadInputError

_METADATA = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "168.63.129.16")))
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")


def is_local(address: str) -> bool:
    """Tell whether an address is loopback, link-local, unspecified or a cloud's metadata, in IPv6 or not."""
    found = ipaddress.ip_address(address.partition("%")[0])
    inner = _ipv4_in(found) if isinstance(found, ipaddress.IPv6Address) else None
    return _is_local(found) or (inner is not None and _is_local(inner))


def _is_local(found: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return found.is_loopback or found.is_link_local or found.is_unspecified or found in _METADATA


def _ipv4_in(found: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if found in _NAT64 or found in _COMPATIBLE:
        return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return found.ipv4_mapped or found.sixtofour


def connect(host: str, port: int, *, timeout_s: float | None, may_be_local: bool = False) -> socket.socket:
    """Connect to a host whose name is looked up once: the address that was looked at is called.

    Raises
    ------
    BadInputError
        If any address of the host is local, and none may be; nothing is called.
    OSError
        If the name means nothing to the resolver, or nobody answers.
    """
    places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not may_be_local:
        for *_, place in places:
            refuse_local(str(place[0]), host=host)
    failure: OSError | None = None
    for family, kind, protocol, _, place in places:
        called = socket.socket(family, kind, protocol)
        try:
            called.settimeout(timeout_s)
            called.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            called.connect(place)
        except OSError as error:
            called.close()
            failure = error
        else:
            return called
    raise failure or OSError(f"{host} has no address")


def check_not_local(host: str, port: int) -> None:
    """Refuse a host if any address that its name stands for is local.

    A name may mean something else a moment later: who connects does it with `connect`.

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
