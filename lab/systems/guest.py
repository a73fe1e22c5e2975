"""The first process of a kernel that runs as a program: mounts, modules, the job, off.

It is started by lab/systems/init.sh, and told what to do by the kernel's command line:
`share` (the folder for results, as the kernel's own process sees it), `at` (where it
shall be here), `modules` (their folder), `project` and `python`.
"""

import ctypes
import os
import subprocess
from pathlib import Path

FINIT_MODULE = 313  # syscalls(2), x86-64
POWER_OFF = 0x4321FEDC  # reboot(2)
EEXIST = 17
# What the lab's networks need: IPv6, cables, dummies, firewalls.
MODULES = """ipv6 veth dummy tun ip_gre nf_tables nft_ct nft_reject_inet nft_reject_ipv4
nft_reject_ipv6 nft_reject nf_conntrack sch_tbf sch_netem sch_ingress""".split()
MOUNTS = (
    ("proc", "/proc"),
    ("sysfs", "/sys"),
    ("devtmpfs", "/dev"),
    ("tmpfs", "/tmp"),
    ("tmpfs", "/run"),
)


def mount(kind: str, place: str, options: str = "") -> None:
    """Mount; what is there already stays."""
    command = ["mount", "-t", kind, kind, place, *(["-o", options] if options else [])]
    subprocess.run(command, check=False, stderr=subprocess.DEVNULL)


def told() -> dict[str, str]:
    """What the command line says: `name=value` words."""
    words = Path("/proc/cmdline").read_text().split()
    return dict(word.split("=", 1) for word in words if "=" in word)


def dependencies(folder: Path) -> dict[str, list[Path]]:
    """{module: the files to load, those that it needs first} of modules.dep."""
    found = {}
    for line in (folder / "modules.dep").read_text().splitlines():
        file, _, needed = line.partition(":")
        files = [*reversed(needed.split()), file]
        name = Path(file).name.partition(".ko")[0].replace("-", "_")
        found[name] = [folder / one for one in files]
    return found


def load(file: Path) -> None:
    """Load a module, finit_module(2); one that is there already is no error."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(file, os.O_RDONLY)
    try:
        failed = libc.syscall(FINIT_MODULE, descriptor, b"", 0)
        if failed and ctypes.get_errno() != EEXIST:
            print(f"{file.name}: {os.strerror(ctypes.get_errno())}", flush=True)
    finally:
        os.close(descriptor)


def main() -> None:
    """Make the kernel a system, run the job, and switch it off."""
    os.environ.update(PATH="/usr/sbin:/usr/bin:/sbin:/bin", HOME="/tmp", TMPDIR="/tmp")
    for kind, place in MOUNTS:
        mount(kind, place)
    asked = told()
    mount("hostfs", asked["at"], asked["share"])
    known = dependencies(Path(asked["modules"]))
    for name in MODULES:
        for file in known.get(name, []):
            load(file)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=False)
    job = [asked["python"], "-B", "-m", "lab.systems.measure", asked["at"]]
    job += asked["parts"].split(",") if asked.get("parts") else []
    with Path(asked["at"], "log").open("ab") as log:
        subprocess.run(job, cwd=asked["project"], stdout=log, stderr=log, check=False)
    os.sync()
    ctypes.CDLL(None).reboot(POWER_OFF)


if __name__ == "__main__":
    main()
