"""The systems on which something was measured: their names and what they are.

A platform is a system with a Python, for instance `linux-6.18-python-3.11`.
"""

import platform
from datetime import date

import msgspec

from evidence import store

FILE = "platforms.json"


class Platform(msgspec.Struct, frozen=True):
    """One system and the Python that was used there; `date`: first seen so."""

    system: str
    kernel: str
    machine: str
    python: str
    date: str


class Platforms(msgspec.Struct):
    """evidence/measured/platforms.json: each platform by its id."""

    platforms: dict[str, Platform]
    digest: str = ""


def load() -> dict[str, Platform]:
    """{id: platform} of all that measured something. Raises EvidenceError."""
    return store.load_once(store.measured(FILE), Platforms).platforms


def describe(platform_id: str) -> Platform:
    """A platform by its id. Raises EvidenceError for one that nobody has noted."""
    known = load()
    if platform_id not in known:
        raise store.EvidenceError(
            f"evidence/measured/{FILE} does not know {platform_id!r}: {store.CURE}"
        )
    return known[platform_id]


def name(platform_id: str) -> str:
    """`Linux 6.18.44, Python 3.11.7` of a platform's id. Raises EvidenceError."""
    found = describe(platform_id)
    return f"{found.system} {found.kernel}, Python {found.python}"


def kernel(platform_id: str) -> str:
    """`Linux 6.18.44` of a platform's id. Raises EvidenceError."""
    found = describe(platform_id)
    return f"{found.system} {found.kernel}"


def kernel_release() -> str:
    """The kernel's release in three numbers, without a builder's suffix."""
    return platform.release().split("-")[0].split("+")[0]


def here() -> str:
    """The id of this platform, under which what is measured here is filed."""
    kernel = ".".join(kernel_release().split(".")[:2])
    python = ".".join(platform.python_version_tuple()[:2])
    return f"{platform.system().lower()}-{kernel}-python-{python}"


def note() -> str:
    """Write this platform into the file, if it is new there; returns its id.

    For commands that measure, just before they file a result under that id: nothing
    else may write there. Raises EvidenceError where the file is damaged, for what it
    knows of other platforms is nowhere else.
    """
    path = store.measured(FILE)
    try:
        known = load() if path.exists() else {}
    except store.EvidenceError:
        raise store.EvidenceError(
            f"{store.shown(path)} is damaged, and other platforms are noted nowhere "
            "else: `git checkout` it"
        ) from None
    mine = Platform(
        system=platform.system(),
        kernel=kernel_release(),
        machine=platform.machine(),
        python=platform.python_version(),
        date=date.today().isoformat(),
    )
    old = known.get(here())
    if old is None or msgspec.structs.replace(mine, date=old.date) != old:
        store.save(path, Platforms(dict(sorted({**known, here(): mine}.items()))))
    return here()
