"""The socket calls and their errors: names, order, and what they are for.

The one place that says in which order calls are told, and how an errno is named.
"""

import errno

# As a program makes them: it names itself, lets others come, reaches out, asks, talks.
ORDER = (
    "socket",
    "socketpair",
    "bind",
    "listen",
    "accept",
    "connect",
    "connect_ex",
    "getsockname",
    "getpeername",
    "shutdown",
    "send",
    "sendall",
    "sendto",
    "sendmsg",
    "recv",
    "recv_into",
    "recvfrom",
    "recvfrom_into",
    "recvmsg",
    "setsockopt",
    "getsockopt",
    "close",
)
# Under which the error reference sorts the ways to an error.
FAIL = (
    "bind",
    "listen",
    "accept",
    "connect",
    "getsockname",
    "getpeername",
    "shutdown",
    "send",
    "sendto",
    "recv",
)
RECEIVE = tuple(call for call in ORDER if call.startswith("recv"))
WAIT = ("accept", *RECEIVE)  # until somebody else does something
LOCAL = ("bind", "getsockname")  # about the local name
PEER = ("connect", "connect_ex", "getpeername")  # about the peer's
ASK = ("getsockname", "getpeername")  # and change nothing
UNDER_WAY = ("EAGAIN", "EINPROGRESS", "EALREADY")  # no failure: not yet
# Methods of a socket that the tracer wraps; socket() and socketpair() make sockets.
TRACED = tuple(call for call in ORDER if not call.startswith("socket"))


def errno_name(code: int) -> str:
    """The name of an errno; of two names the one that the manual pages use.

    Raises KeyError for a number that is none.

    >>> errno_name(errno.EOPNOTSUPP), errno_name(errno.EAGAIN)
    ('EOPNOTSUPP', 'EAGAIN')
    """
    # Python's table has ENOTSUP for that number, and Linux has no other use for it.
    return "EOPNOTSUPP" if code == errno.EOPNOTSUPP else errno.errorcode[code]


def is_errno(text: str) -> bool:
    """Whether an outcome is the name of an error.

    >>> is_errno("EINVAL"), is_errno("ok"), is_errno("end of file")
    (True, False, False)
    """
    return text[:1] == "E" and text.isalnum() and text.isupper() and len(text) > 3
