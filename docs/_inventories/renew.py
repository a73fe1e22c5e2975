"""Keeps the part of Python's inventory that these pages link to, for builds offline.

python docs/_inventories/renew.py https://docs.python.org/3/objects.inv
"""

import re
import sys
import urllib.request
import zlib
from pathlib import Path

OURS = Path(__file__).with_name("python.inv")
# Modules that a page on sockets may name, the exceptions that they raise, one section.
NAMES = re.compile(
    r"(asyncio|errno|http\.server|ipaddress|select|selectors|socket|socketserver|"
    r"subprocess)(\..*)?|\w*(OSError|Broken\w*|Blocking\w*|Connection\w*|Permission\w*"
    r"|Timeout\w*|Interrupted\w*|FileNotFound\w*)|socket-timeouts"
)


def kept(inventory: bytes) -> bytes:
    """The same inventory with the entries of NAMES alone."""
    *head, body = inventory.split(b"\n", 4)
    entries = [
        line
        for line in zlib.decompress(body).decode().splitlines()
        if re.match(r"(\S+) (py:|std:label)", line) and NAMES.fullmatch(line.split()[0])
    ]
    return b"\n".join([*head, zlib.compress("\n".join(entries).encode() + b"\n", 9)])


if __name__ == "__main__":
    source = sys.argv[1]
    if "://" in source:
        with urllib.request.urlopen(source, timeout=30) as answer:
            found = answer.read()
    else:
        found = Path(source).read_bytes()
    OURS.write_bytes(kept(found))
    print(f"{OURS}: {OURS.stat().st_size} bytes")
