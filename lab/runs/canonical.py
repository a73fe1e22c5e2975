"""Turns what one run left behind into a recording: same behaviour, same bytes.

Three things differ from run to run and mean nothing: the time of day, the port numbers
that the kernel chose, and which of two processes was scheduled first. Each module here
answers one question about them:

* `events`: which calls were made, on which sockets, by whom?
* `names`: which names had a socket before and after a call?
* `packets`: which call does a packet belong to?
* `order`: in which order do calls and packets stand?
* `labels`: what is a socket called, and what a port that the kernel chose?
* `raw`: what bytes had a packet, apart from what is random?
* `values`: how are arguments and outcomes written?
"""

from dataclasses import dataclass

import msgspec

from evidence import runs
from lab.runs import labels, names, order, packets, raw, values
from lab.runs.events import AnyEvent, Call, Run, Sent, Socket, join


@dataclass
class Told:
    """What a recording says about a run, see evidence.runs.Recording."""

    lanes: list[str]
    sockets: list[runs.Socket]
    steps: list[runs.Step]
    printed: list[list[str]]


def tell(
    events: list[AnyEvent],
    captured: list[Sent],
    printed: list[list[str]],
    programs: list[str],
) -> Told:
    """The canonical form of a run.

    events: of the tracer, as they came; captured: packets, in their order; printed: the
    lines of each program; programs: the snippet ids, the server's first.
    """
    run = join(events, programs)
    if len(run.lanes) > 1:
        names.tell_losses_late(run.calls)
    names.follow(run)
    packets.share_out(captured, run.calls)
    run.calls = order.by_cause(run.calls, captured)
    ports = labels.Ports.chosen(run.calls)
    labels.name_sockets(run)
    alone = len(run.lanes) <= 1
    raw.settle(captured, ports)
    return Told(
        run.lanes,
        [socket_shown(made, alone) for made in run.sockets.values() if made.name],
        [step(call, run, ports, alone) for call in run.calls],
        [[ports.in_text(line) for line in lines] for lines in printed],
    )


def socket_shown(made: Socket, alone: bool) -> runs.Socket:
    """A socket as the recording has it. alone: whether there is one lane only."""
    return runs.Socket(
        name=made.name,
        family=made.family,
        type=made.type,
        made_by=made.made_by,
        lane=None if alone else made.lane,
    )


def step(call: Call, run: Run, ports: labels.Ports, alone: bool) -> runs.Step:
    """A call as the recording has it. alone: whether there is one lane only."""
    error = values.failure(call)
    result = values.result(call, run.sockets)
    return runs.Step(
        lane=None if alone else call.lane,
        line=call.returned.line,
        socket=run.sockets[call.socket].name,
        call=call.call,
        args=ports.in_text(values.arguments(call, run.sockets)),
        result=None if error or result is None else ports.in_text(result),
        error=error,
        names={
            run.sockets[number].name: (ports.in_name(local), ports.in_name(peer))
            for number, (local, peer) in call.names.items()
        },
        packets=[packet_shown(sent, ports) for sent in call.packets],
    )


def packet_shown(sent: Sent, ports: labels.Ports) -> runs.Packet:
    """A packet as the recording has it."""
    packet = sent.packet
    ends = {
        side: (ports.in_text(host), port and ports.port(port))
        for side, (host, port) in (
            ("source", packet.source),
            ("destination", packet.destination),
        )
    }
    return msgspec.structs.replace(packet, **ends, raw=sent.raw.hex())
