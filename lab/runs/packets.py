"""Whose packet is it? Each belongs to a call: the one that sent it, or is answered."""

from evidence.runs import Packet
from lab.runs.events import Call, Sent
from lab.runs.names import sends


def share_out(packets: list[Sent], calls: list[Call]) -> None:
    """Give each packet to the call that sent it, a reply to the call it answers.

    Where there is no call at all, nobody owns a packet.
    """
    if not calls:
        return
    for index, sent in enumerate(packets):
        owner = None if is_reply(sent, calls) else sender(sent, calls)
        owner = owner or answered(sent.packet, packets[:index])
        if owner is None:  # sent by the end of the process: goes with its last call
            owner = max(
                (call for call in calls if call.start <= sent.time),
                key=lambda call: call.start,
                default=calls[0],
            )
        sent.owner = owner
        owner.packets.append(sent)


def sender(sent: Sent, calls: list[Call]) -> Call | None:
    """The last call, begun before the packet, on the socket the packet came from."""
    fitting = [
        (fit, call.start, number)
        for number, call in enumerate(calls)
        if call.start <= sent.time and (fit := sends(call, sent.packet))
    ]
    return calls[max(fitting)[2]] if fitting else None


def is_reply(sent: Sent, calls: list[Call]) -> bool:
    """Whether the kernel sent this by itself, in answer to a packet."""
    packet = sent.packet
    if packet.protocol == "UDP":
        return False
    if packet.protocol != "TCP" or packet.flags is None:
        return True
    if "RST" in packet.flags:  # close() sends one too, where data was left unread
        return not any(
            call.start <= sent.time <= call.end
            and (call.before[1] or call.call == "close")
            and sends(call, packet)
            for call in calls
        )
    bare = packet.payload == 0 and "FIN" not in packet.flags
    return bare and "ACK" in packet.flags


def answered(packet: Packet, earlier: list[Sent]) -> Call | None:
    """The call that owns the last packet which went the other way."""
    for sent in reversed(earlier):
        other = sent.packet
        if packet.protocol == "TCP":
            ends = other.source, other.destination
            match = ends == (packet.destination, packet.source)
        else:
            match = other.source[0] == packet.destination[0]
        if match:
            return sent.owner
    return None
