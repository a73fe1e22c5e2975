"""Packets whole: the same bytes each time, and those that the recording tells of."""

import io

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP, UDPerror

from docs._ext.publish import captures
from evidence import runs
from lab.isolation.capture import decode
from lab.runs import raw
from lab.runs.events import Sent
from lab.runs.labels import Ports

PORTS = Ports({41000: 50001, 42000: 50002})


def settled(*packets) -> list[bytes]:
    """What becomes of some packets."""
    sent = [Sent(n, None, bytes(packet)) for n, packet in enumerate(packets)]
    raw.settle(sent, PORTS)
    return [one.raw for one in sent]


def exchange(begin: int, answer: int, stamp: int) -> list:
    """A handshake and five bytes, with these first numbers and this time."""
    options = [("Timestamp", (stamp, 0)), ("SAck", (answer + 1, answer + 2))]
    there, back = IP(id=stamp), IP(id=stamp + 1)
    ports, other = {"sport": 41000, "dport": 42000}, {"sport": 42000, "dport": 41000}
    return [
        there / TCP(**ports, flags="S", seq=begin, options=options),
        back / TCP(**other, flags="SA", seq=answer, ack=begin + 1),
        there / TCP(**ports, flags="PA", seq=begin + 1, ack=answer + 1) / b"41000",
    ]


def test_what_is_random_is_set():
    one, other = settled(*exchange(7, 9, 1)), settled(*exchange(700, 2**32 - 9, 5))
    assert one[1:] == other[1:]
    first = IP(one[0])[TCP]
    assert (first.seq, first.sport, first.dport) == (0, 50001, 50002)
    assert first.options[0] == ("Timestamp", (0, 0))
    assert (IP(one[2])[TCP].seq, IP(one[2])[TCP].ack) == (1, 1)
    assert bytes(IP(one[2])[TCP].payload) == b"50001"


def test_a_second_connection_of_the_same_names_begins_at_0_again():
    packets = settled(*exchange(7, 9, 1), *exchange(90, 80, 2))
    assert packets[3:] == [packets[3], *packets[1:3]]
    assert IP(packets[3])[TCP].seq == 0


def test_what_an_error_quotes_is_treated_alike():
    quoted = IP(id=3) / UDP(sport=41000, dport=42000) / b"x"
    (made,) = settled(IP(id=4) / ICMP(type=3, code=3) / quoted)
    assert IP(made)[UDPerror].sport == 50001
    assert IP(made).id == 0


@pytest.mark.parametrize("run_id", runs.run_ids())
def test_bytes_are_those_of_the_packet_that_is_told(run_id):
    for step in runs.load_run(run_id).steps:
        for packet in step.packets:
            told = decode(bytes.fromhex(packet.raw))
            assert told["source"] == list(packet.source)
            assert told["destination"] == list(packet.destination)
            assert told["payload"] == packet.payload
            assert told.get("flags") == packet.flags


def test_capture_file_has_the_packets_of_each_call_in_order():
    from scapy.utils import RawPcapReader

    recording = runs.load_run("tcp.server_and_client")
    expected = [
        (number, place, bytes.fromhex(packet.raw))
        for number, step in enumerate(recording.steps, 1)
        for place, packet in enumerate(step.packets)
    ]
    found = [
        (about.sec, about.usec, data)
        for data, about in RawPcapReader(io.BytesIO(captures.capture(recording)))
    ]
    assert found == expected and len(found) == 11
