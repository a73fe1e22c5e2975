"""A system call of strace as pages show it: the same for the same behaviour."""

import pytest

from lab.incidents.written import Writer, failed, story
from lab.strace import parse

V4 = '{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}'
V6 = (
    "{sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0), "
    'inet_pton(AF_INET6, "::1", &sin6_addr), sin6_scope_id=0}'
)
UNIX = '{sa_family=AF_UNIX, sun_path="/room/app.sock"}'


def written(*lines: str) -> list[str]:
    """Calls as `call = outcome`, written one after the other."""
    writer = Writer("/room")
    calls = parse("".join(f"1 {line}\n" for line in lines))
    assert len(calls) == len(lines), "strace writes otherwise"
    return [" = ".join(writer.write("it", call)) for call in calls]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (f"bind(7<TCP:[1]>, {V4}, 16) = 0", "bind(3, 127.0.0.1:80) = 0"),
        (f"connect(7<TCP:[1]>, {V6}, 28) = 0", "connect(3, [::1]:80) = 0"),
        (f"bind(7<UNIX:[1]>, {UNIX}, 20) = 0", 'bind(3, "app.sock") = 0'),
        (
            f"bind(7<TCP:[1]>, {V4}, 16) = -1 EADDRINUSE (Address already in use)",
            "bind(3, 127.0.0.1:80) = EADDRINUSE",
        ),
        (
            "setsockopt(7<TCP:[1]>, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0",
            "setsockopt(3, SO_REUSEADDR, 1) = 0",
        ),
        (
            "getsockopt(7<TCP:[1]>, SOL_SOCKET, SO_ERROR, [ECONNREFUSED], [4]) = 0",
            "getsockopt(3, SO_ERROR) = ECONNREFUSED",
        ),
        (
            f"accept4(7<TCP:[1]>, {V4}, [128 => 16], SOCK_CLOEXEC) = 9<TCP:[2]>",
            "accept4(3) = 4, from 127.0.0.1",
        ),
        (
            f'sendto(7<UDP:[1]>, "x", 1, 0, {V4}, 16) = 1',
            "sendto(3, 127.0.0.1:80) = 1 bytes",
        ),
        (
            f'recvfrom(7<UDP:[1]>, "x", 9, 0, {V4}, [16]) = 1',
            "recvfrom(3) = from 127.0.0.1:80",
        ),
        ('recvfrom(7<TCP:[1]>, "", 9, 0, NULL, NULL) = 0', "recvfrom(3) = end of file"),
    ],
)
def test_call_is_written_for_people(line, shown):
    assert written(line) == [shown]


def test_flags_and_descriptors_of_one_run_are_left_out():
    made = "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP)"
    assert written(f"{made} = 11<TCP:[1]>", "listen(11<TCP:[1]>, 5) = 0") == [
        "socket(AF_INET, SOCK_STREAM) = 3",
        "listen(3, 5) = 0",
    ]


def test_refusal_that_comes_later_is_a_failure():
    asked = "1 getsockopt(7<TCP:[1]>, SOL_SOCKET, SO_ERROR, [{}], [4]) = 0\n"
    refused, fine = parse(asked.format("ECONNREFUSED") + asked.format("0"))
    assert failed(refused)
    assert not failed(fine)


def test_story_of_a_socket_ends_with_its_close():
    """The descriptor is given to another socket, which was about something else."""
    lines = (
        "socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 5<TCP:[1]>",
        f"bind(5<TCP:[1]>, {V4}, 16) = 0",
        "close(5<TCP:[1]>) = 0",
        "socket(AF_INET, SOCK_DGRAM, IPPROTO_IP) = 5<UDP:[2]>",
        "listen(5<UDP:[2]>, 5) = -1 EOPNOTSUPP (Operation not supported)",
    )
    told = story(parse("".join(f"1 {line}\n" for line in lines)), ":80")
    assert [call.name for call in told] == ["socket", "bind", "close"]
