"""A TCP server and its client, from the first call to the last."""

import socket


def conversation():
    """Return what the server read, the client read, the server read.

    >>> conversation()
    (b'ping', b'pong', b'')
    """
    # socket() alone means AF_INET, SOCK_STREAM: TCP over IPv4.
    with socket.socket() as listener:
        listener.settimeout(5)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = listener.getsockname()

        with socket.socket() as client:
            client.settimeout(5)
            client.connect(address)
            conn, _ = listener.accept()
            with conn:
                conn.settimeout(5)
                # One recv() is enough for four bytes sent at once.
                # Longer messages may come in parts: read in a loop.
                client.sendall(b"ping")
                request = conn.recv(1024)
                conn.sendall(b"pong")
                reply = client.recv(1024)
                client.close()
                end = conn.recv(1024)
    return request, reply, end


def main():
    request, reply, end = conversation()
    print("the server read", request)
    print("the client read", reply)
    print("the client closed, and the server read", end)


if __name__ == "__main__":
    main()
