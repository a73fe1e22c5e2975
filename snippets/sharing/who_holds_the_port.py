"""Which processes hold a port? From /proc, as ss does it."""

import contextlib
import socket
import sys
from pathlib import Path

TABLES = "tcp", "tcp6", "udp", "udp6"
STATES = {"01": "ESTABLISHED", "06": "TIME_WAIT", "0A": "LISTEN"}


def lines_of(port):
    """Return (table, state, inode) of each socket on a local port."""
    found = []
    tables = [Path("/proc/net", name) for name in TABLES]
    for table in filter(Path.exists, tables):
        for line in table.read_text().splitlines()[1:]:
            fields = line.split()
            if int(fields[1].rpartition(":")[2], 16) == port:
                state = STATES.get(fields[3], fields[3])
                found.append((table.name, state, fields[9]))
    return found


def link_of(descriptor):
    """Return what a descriptor in /proc stands for."""
    try:
        return str(descriptor.readlink())
    except OSError:  # it was closed meanwhile
        return ""


def processes_with(inode):
    """Return the ids of all processes that have this socket open."""
    link = f"socket:[{inode}]"
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # ended, or not ours
            if link in map(link_of, (process / "fd").iterdir()):
                found.append(int(process.name))
    return found


def holders(port):
    """Return (table, state, process ids) of each socket on a port."""
    return [(t, s, processes_with(i)) for t, s, i in lines_of(port)]


def main():
    if len(sys.argv) > 1:  # python who_holds_the_port.py 8080
        print(*holders(int(sys.argv[1])), sep="\n")
        return
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        for table, state, pids in holders(port):
            print(f"port {port}: {table} {state}, {len(pids)} process")


if __name__ == "__main__":
    main()
