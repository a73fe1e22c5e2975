"""Scenes: a socket of each kind and everyone it can meet, for the learner to play.

A scene has an input for each thing that can happen: a call on the socket, or an act of
a peer, a client, a stranger. Each input is one method; its docstring is the call and,
after a colon, its meaning. `step()` does one input and returns what came of it: the
outcome ("ok", an errno, or words), the local name and the peer name.

Names are given by role, not by value: `127.0.0.1:asked` has the port that bind() asked
for, `127.0.0.1:chosen` one that the kernel chose, and a peer is `server`, `other` or
`closed`. Every queue holds one thing: a datagram, a byte or a client more is not sent,
and the outcome begins with "nothing:".

What makes the outcomes the same each time, without a sleep:

* The process stays on one processor. There the kernel delivers loopback packets in
  the order in which they were sent (netif_rx puts them in one queue), so when a marker
  has gone around, all that was sent before it has arrived: see `Internet.settle()`.
* The socket does not block, except in `connect()`: it ends when the handshake does.
* Ports of the scene stand outside the range that the kernel chooses from, so none of
  them is ever chosen, and no client comes from the port it goes to.
* At the end of a word every connection is reset, so that no TIME_WAIT stays behind;
  where one must stay, after an orderly end, the next word asks for another port.

Play one only in a process of its own that has entered `lab.isolation.namespace`.
"""

from lab.machines.scenes.base import Scene
from lab.machines.scenes.tcp import Tcp4, Tcp6
from lab.machines.scenes.udp import Udp
from lab.machines.scenes.unix import UnixDatagram, UnixStream

SCENES: dict[str, type[Scene]] = {
    "tcp": Tcp4,
    "tcp6": Tcp6,
    "udp": Udp,
    "unix-stream": UnixStream,
    "unix-datagram": UnixDatagram,
}
