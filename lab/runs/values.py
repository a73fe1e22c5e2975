"""Values, arguments and outcomes as the reader would type them."""

import errno
import socket

from evidence.calls import errno_name
from lab.runs.events import Call, Socket, Value

OPTION_PREFIX = {
    socket.SOL_SOCKET: ("SOL_SOCKET", "SO_"),
    socket.IPPROTO_IP: ("IPPROTO_IP", "IP_"),
    socket.IPPROTO_IPV6: ("IPPROTO_IPV6", "IPV6_"),
    socket.IPPROTO_TCP: ("IPPROTO_TCP", "TCP_"),
}
# Not in the socket module of Python 3.11, but in <linux/in.h>.
OPTION_NAMES = {
    (socket.IPPROTO_IP, 8): "IP_PKTINFO",
    (socket.IPPROTO_IP, 24): "IP_BIND_ADDRESS_NO_PORT",
    (socket.IPPROTO_IP, 51): "IP_LOCAL_PORT_RANGE",
}
OTHER_OPTIONS = ("SO_J1939_", "SO_VM_")  # of CAN and of VSOCK sockets


def text(value: Value, sockets: dict[str, Socket]) -> str:
    """A value as the reader would type it; a socket by its name, if there are any.

    >>> text(Value(brackets="()", items=[Value(text="80")]), {})
    '(80,)'
    """
    shown = value.text
    if value.socket:
        shown = sockets[value.socket].name if sockets else "socket"
    elif value.brackets:
        items = [text(item, sockets) for item in value.items]
        comma = "," if value.brackets == "()" and len(items) == 1 else ""
        shown = value.brackets[0] + ", ".join(items) + comma + value.brackets[1]
    return f"{value.key}={shown}" if value.key else shown


def arguments(call: Call, sockets: dict[str, Socket]) -> str:
    """The arguments of a call, constants by the names that the manual uses.

    A descriptor is shown as `fd`: which number it has means nothing.
    """
    made = sockets[call.socket]
    if call.call == "socket" and made.made_by == "fileno":
        return "fileno=fd"
    if call.call == "socket":
        return f"{made.family}, {made.type}"
    if call.call == "fromfd":
        return f"fd, {made.family}, {made.type}"
    values = [text(value, sockets) for value in call.returned.args]
    if call.call in ("setsockopt", "getsockopt"):
        level, option = int(values[0]), int(values[1])
        level_name, prefix = OPTION_PREFIX.get(level, (values[0], "-"))
        values[0] = level_name
        values[1] = OPTION_NAMES.get((level, option)) or constant(prefix, option)
    elif call.call == "shutdown":
        values[0] = constant("SHUT_", int(values[0]))
    return ", ".join(values)


def failure(call: Call) -> str | None:
    """The name of the errno with which a call failed, or the class of its exception.

    None if it did not. What a look-up of a host raises has numbers that are no errno.
    """
    code = call.returned.errno
    if code is not None and code in errno.errorcode:
        return errno_name(code)
    return call.returned.error


def result(call: Call, sockets: dict[str, Socket]) -> str | None:
    """What a call returned, or None if that is nothing to tell of."""
    if call.returned.result is None:
        return None
    shown = text(call.returned.result, sockets)
    if call.call == "connect_ex" and shown != "0":
        return errno_name(int(shown))
    return shown


def constant(prefix: str, value: int) -> str:
    """The socket module's name for a value; options of other families are left out.

    >>> constant("SHUT_", 1), constant("SO_", socket.SO_REUSEADDR)
    ('SHUT_WR', 'SO_REUSEADDR')
    """
    names = (name for name in dir(socket) if name.startswith(prefix))
    same = (name for name in names if getattr(socket, name) == value)
    return next((n for n in same if not n.startswith(OTHER_OPTIONS)), str(value))
