"""The runs that the pages of the errors show call by call."""

import pytest

from snippets.errors import (
    address_of_another_family,
    closed_socket,
    connect_after_a_refusal,
    connect_while_connecting,
    datagram_too_long,
    descriptor_of_a_file,
    interface_missing,
    no_descriptor_left,
    peer_left_data_unread,
    receiver_has_another_peer,
    send_before_connect,
    socket_of_the_other_type,
)
from tests.claims.errors.helpers import LOOPBACK, opened
from tests.claims.helpers import TCP

needs = pytest.mark.needs


@needs("ipv6")
def test_family_of_the_descriptor_counts():
    """`connect()` to `::1` on an IPv4 TCP socket fails with `EAFNOSUPPORT`, although
    the Python object says that it is an IPv6 socket."""
    name = address_of_another_family.connect_to_the_other_family()
    assert name == "EAFNOSUPPORT"


def test_second_connect_finds_the_first_on_its_way():
    """While no answer has come, a TCP socket that does not wait gets `EINPROGRESS`
    from its first `connect()` and `EALREADY` from the second."""
    said = connect_while_connecting.connect_again_at_once()
    assert said == ["EINPROGRESS", "EALREADY"]


def test_closed_tcp_socket_cannot_be_bound():
    """`bind()` on a closed TCP socket fails with `EBADF`."""
    assert closed_socket.bind_after_close() == "EBADF"


def test_refusal_that_was_read_is_told_once_more():
    """A TCP socket that does not wait, and is refused, tells `ECONNREFUSED` by
    `SO_ERROR`; its next `connect()` fails with `ECONNABORTED`."""
    with opened(TCP) as bound:
        bound.bind((LOOPBACK[bound.family], 0))
        said = connect_after_a_refusal.connect_after_a_refusal(bound.getsockname())
    assert said == ["EINPROGRESS", "ECONNREFUSED", "ECONNABORTED"]


def test_accept_without_a_descriptor_keeps_the_client():
    """Without a free descriptor `accept()` on TCP fails with `EMFILE`; once there is
    one, it returns the client that waited."""
    said = no_descriptor_left.accept_without_a_descriptor()
    assert said == ("EMFILE", "accepted")


@pytest.mark.scope("IPv4", because="it counts the bytes of an IPv4 packet")
def test_longest_datagram_over_ipv4():
    """A UDP datagram over IPv4 carries up to 65,507 bytes; with one more `sendto()`
    fails with `EMSGSIZE`."""
    assert datagram_too_long.send_bytes(65507) == 65507
    assert datagram_too_long.send_bytes(65508) == "EMSGSIZE"


@needs("ipv6")
def test_link_local_address_needs_an_interface_that_is_there():
    """`bind()` of a TCP socket to `fe80::1` on an interface that is not there fails
    with `ENODEV`."""
    assert interface_missing.bind_to_a_missing_interface() == "ENODEV"


def test_file_cannot_listen():
    """`listen()` on the descriptor of a file fails with `ENOTSOCK`."""
    assert descriptor_of_a_file.listen_on_a_file() == "ENOTSOCK"


def test_connected_receiver_refuses_a_stranger():
    """When a Unix datagram socket is connected, `sendto()` from a socket that is not
    its peer fails with `EPERM`."""
    assert receiver_has_another_peer.send_to_a_connected_socket() == "EPERM"


def test_new_tcp_socket_has_nobody_to_send_to():
    """`send()` on a new TCP socket fails with `EPIPE`."""
    assert send_before_connect.send_before_connect() == "EPIPE"


def test_stream_does_not_connect_to_datagrams():
    """When a Unix stream socket calls `connect()` with the path of a datagram socket,
    it fails with `EPROTOTYPE`."""
    assert socket_of_the_other_type.connect_to_the_other_type() == "EPROTOTYPE"


def test_unread_data_turns_close_into_a_reset():
    """A TCP peer that closes with data unread resets the connection: a `recv()` after
    it fails with `ECONNRESET`."""
    assert peer_left_data_unread.peer_leaves_data_unread() == "ECONNRESET"
