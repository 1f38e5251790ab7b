"""A resolver that answers differently the second time, and what was called meanwhile."""

import socket
from dataclasses import dataclass, field

OUTSIDE = "198.51.100.7"
"""Source: RFC 5737, an address for documentation."""
NAME = "rebinding.example"


@dataclass
class TwoFaced:
    """`NAME` is `OUTSIDE` when it is asked for first, and this machine from then on.

    Calls of `OUTSIDE` end at this machine too, so that a server of the test may answer them.
    """

    asked: int = 0
    called: list[str] = field(default_factory=list)

    def stand_in(self, monkeypatch) -> None:
        """Take the place of the resolver, and note whom sockets call."""
        lookup, connect = socket.getaddrinfo, socket.socket.connect

        def getaddrinfo(host, port, *more, **named):
            if host != NAME:
                return lookup(host, port, *more, **named)
            self.asked += 1
            place = (OUTSIDE if self.asked == 1 else "127.0.0.1", port)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place)]

        def called(one, place):
            self.called.append(place[0])
            return connect(one, ("127.0.0.1", *place[1:]) if place[0] == OUTSIDE else place)

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        monkeypatch.setattr(socket.socket, "connect", called)
