"""Without connect(), each UDP datagram is sent to an address."""

import socket


def request_and_reply():
    """Return the reply, and whether it came from the receiver.

    >>> request_and_reply()
    (b'HELLO', True)
    """
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.settimeout(5)
        sender.settimeout(5)
        receiver.bind(("127.0.0.1", 0))
        receiver_address = receiver.getsockname()

        sender.sendto(b"hello", receiver_address)
        request, sender_address = receiver.recvfrom(1024)

        receiver.sendto(request.upper(), sender_address)
        reply, source = sender.recvfrom(1024)
        return reply, source == receiver_address


def main():
    reply, from_receiver = request_and_reply()
    print("the sender was answered:", reply)
    print("the answer came from the receiver:", from_receiver)


if __name__ == "__main__":
    main()
