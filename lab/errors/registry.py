"""How a way to an error is written down.

    @provokes(EADDRINUSE=IP, see="bind(2) SO_REUSEADDR")
    @cure("Find out who has it (`ss -tuanp`), and stop that program.")
    def port_taken(kit: Kit) -> None:
        '''Another socket has this address and port.'''
        owner, sock = kit.bound(), kit.new()
        address = owner.getsockname()
        with kit.fails():
            sock.bind(address)
        owner.close()
        sock.bind(address)

The docstring is the cause. The one statement in `with kit.fails()` is the call that
fails; the lines before it see to it that it does; those after it are the cure, and
must succeed. The function stands in the file of that call. What breaks these rules is
refused by `lab.errors.ways`.

Keep this file small: all ways reach it, so that a change here makes all of them stale.
"""

from collections.abc import Callable
from dataclasses import dataclass

from lab.errors.kit import Kinds, Kit

Program = Callable[[Kit], None]


class Malformed(Exception):
    """Ways that are not written as they must be: file, function and cure of each."""


@dataclass(frozen=True)
class Cured:
    """A function and what to do about the error that it provokes."""

    function: Program
    cure: str
    unshown: str


@dataclass(frozen=True)
class Provocation:
    """One way to an error, or to several, each on its kinds of sockets.

    unshown: why the cure is not applied; "" where it is. expected: the kinds of each
    errno, or of an exception's class.
    """

    function: Program
    cure: str
    unshown: str
    see: tuple[str, ...]
    expected: dict[str, Kinds]


def cure(text: str, unshown: str = "") -> Callable[[Program], Cured]:
    """Say what to do about it, in a sentence or two.

    unshown: why that cannot be tried here, half a sentence without a full stop.
    """
    return lambda function: Cured(function, text, unshown)


def provokes(see: str = "", **expected: Kinds) -> Callable[[Cured], Provocation]:
    """Make a way of a function and its cure.

    see: where to read on, manual pages, options and sysctls with spaces between. The
    others name what it gives: `EADDRINUSE=TCP`. What comes from Python and not from
    the kernel has no errno and is named by its class. Raises Malformed where there is
    no cure.
    """

    def make(cured: Cured) -> Provocation:
        if not isinstance(cured, Cured):
            file = f"{cured.__module__.replace('.', '/')}.py"
            advice = "write @cure(…) between @provokes(…) and the function"
            raise Malformed(f"{file}: {cured.__name__}: has no cure: {advice}")
        told = cured.cure, cured.unshown, tuple(see.split())
        return Provocation(cured.function, *told, expected)

    return make
