"""The packets of a recording as a capture file, for Wireshark and tcpdump.

The format is that of draft-ietf-opsawg-pcap. No time was recorded, for it differs from
run to run: the second of a packet is the number of its call, counted from 1, and the
microsecond its place among the packets of that call.
"""

import struct
from pathlib import Path

from docs._ext.shared import newer
from evidence import runs, store

MAGIC, VERSION, LONGEST = 0xA1B2C3D4, (2, 4), 65535
LINKTYPE_RAW = 101  # each packet begins with its IP header


def capture(recording: runs.Recording) -> bytes:
    """The file; b"" where no packet was sent."""
    made = struct.pack("<IHHiIII", MAGIC, *VERSION, 0, 0, LONGEST, LINKTYPE_RAW)
    empty = len(made)
    for second, step in enumerate(recording.steps, 1):
        for place, packet in enumerate(step.packets):
            raw = bytes.fromhex(packet.raw)
            made += struct.pack("<IIII", second, place, len(raw), len(raw)) + raw
    return made if len(made) > empty else b""


def address(run: str) -> str:
    """Where the site has the capture of a run."""
    return f"evidence/runs/{run}.pcap"


def write(out: Path, measured: dict[str, Path]) -> None:
    """Bring the captures up to date with their recordings; remove those of none.

    out: the folder of the site; measured: {address: file} of the evidence.
    """
    kept = set()
    for name, file in measured.items():
        if not name.startswith("evidence/runs/"):
            continue
        target = out / address(file.stem)
        if newer([file], target):
            recording = store.kept(file, runs.Recording)
            if recording is None:  # damaged, which the pages say that show it
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(capture(recording))
        kept.add(target)
    for target in (out / "evidence").rglob("*.pcap"):
        if target not in kept:
            target.unlink()
