"""Which systems there are, and how each is started. One more is one more entry.

Its packages are Debian's, for amd64; their versions and digests are in packages.json,
which `make systems RENEW=1` writes anew.
"""

from typing import Literal, NamedTuple


class Wanted(NamedTuple):
    """A package, and the suite of Debian that has it."""

    suite: str
    name: str


class System(NamedTuple):
    """A kernel that can be started beside this one, or another stack in its place.

    how: `linux` is a kernel as a program (user-mode-linux), `gvisor` is runsc. libc: a
    kernel that was built for a newer C library than the machine may have brings its
    own, and runs in a folder with it. `here` is the machine that this runs on.
    """

    id: str
    title: str
    how: Literal["linux", "gvisor", "here"]
    packages: tuple[Wanted, ...]
    libc: bool = False


def linux(version: str, suite: str, libc: bool = False) -> System:
    """A kernel of Debian's package user-mode-linux."""
    names = ("user-mode-linux", *(("libc6", "libgcc-s1") if libc else ()))
    packages = tuple(Wanted(suite, name) for name in names)
    return System(f"linux-{version}", f"Linux {version}", "linux", packages, libc)


SYSTEMS = (
    linux("5.10", "bullseye"),
    linux("6.1", "bookworm"),
    linux("6.12", "trixie", libc=True),
    linux("7.2", "forky", libc=True),
    System("gvisor", "gVisor", "gvisor", (Wanted("bookworm-backports", "runsc"),)),
)


def here(name: str) -> System:
    """This machine, under a name of one's own."""
    return System(name, name, "here", ())


BY_ID = {system.id: system for system in SYSTEMS}
