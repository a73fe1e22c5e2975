"""Datagrams: answers that come from elsewhere, and what cannot be sent."""

from lab.incidents.bench import Bench
from lab.incidents.programs import DIG, NAME, NAMED, SOCAT, UNBOUND
from lab.incidents.registry import incident

MOVED = r"(send|recv)\w+\(.* = \d+$"  # calls that have sent or received something


@incident(
    "dig: communications error to 127.0.0.5#53: timed out (or: reply from unexpected source)",
    UNBOUND,
    DIG,
    message="communications error to 127.0.0.5#53: timed out",
    before="interface: 0.0.0.0\ninterface-automatic: no",
    cure="interface: 0.0.0.0\ninterface-automatic: yes",
    language="yaml",
    where="in the server clause of unbound.conf",
)
def reply_from_unexpected_source(bench: Bench, lines: str) -> None:
    rest = 'username: ""\nchroot: ""\ndirectory: "."\npidfile: ""\nuse-syslog: no'
    rest += "\ndo-daemonize: no\nmodule-config: iterator"
    rest += f"\nlocal-data: '{NAME} A {NAMED}'"
    bench.write("unbound.conf", f"server:\n{lines}\n{rest}")
    server = bench.start_line("unbound", "unbound -d -c unbound.conf")
    server.prints("start of service")
    bench.shell("sysctl -qw 'net.ipv4.ip_local_port_range=40000 40000'")
    asked = bench.finish("dig", f"dig @127.0.0.5 {NAME} +short +tries=1 +timeout=3")
    server.did(r"(sendto|sendmsg)\(.* = \d+$")
    bench.show(server, ":53", only=f"setsockopt.*PKTINFO|bind|{MOVED}")
    bench.show(asked, ":53", only=f"connect|{MOVED}")
    if bench.cured:
        bench.say(asked, NAMED)
        bench.end("The answer comes from the address that was asked.")
    else:
        bench.say(asked, "communications error.*")
        bench.end("The answer came from 127.0.0.1, and dig is not given it.")


@incident(
    "UDP: Message too long",
    SOCAT,
    message="Message too long",
    before="socat -b 70000 -u OPEN:message UDP4-SENDTO:127.0.0.1:8125",
    cure="socat -b 1400 -u OPEN:message UDP4-SENDTO:127.0.0.1:8125",
)
def message_too_long(bench: Bench, lines: str) -> None:
    bench.write("message", "x" * 69999)
    server = bench.start_line("the server", "socat -u UDP4-RECV:8125 OPEN:got,creat")
    server.did("bind.*8125.* = 0")
    client = bench.start_line("socat", lines)
    status = client.ends()
    if bench.cured:
        bench.must(status == 0, "socat ended well")
        server.did("recvfrom.* = 1400", times=50)
        bench.end("Fifty datagrams of 1,400 bytes arrive.")
    else:
        bench.say(client, "Message too long")
        bench.end("Nothing is sent.")
    bench.show(client, ":8125", only="socket|sendto")


@incident(
    "UDP broadcast: Permission denied",
    SOCAT,
    message="Permission denied",
    before="socat -u OPEN:message UDP4-DATAGRAM:127.255.255.255:9999",
    cure="socat -u OPEN:message UDP4-DATAGRAM:127.255.255.255:9999,broadcast",
)
def broadcast_is_denied(bench: Bench, lines: str) -> None:
    bench.write("message", "hello")
    server = bench.start_line("the receiver", "socat -u UDP4-RECV:9999 -")
    server.did("bind.*9999.* = 0")
    client = bench.start_line("socat", lines)
    client.ends()
    if bench.cured:
        server.prints("hello")
        bench.end("The datagram arrives.")
    else:
        bench.say(client, "Permission denied")
        bench.end("Nothing is sent.")
    bench.show(client, ":9999|BROADCAST", only="socket|setsockopt|sendto")
