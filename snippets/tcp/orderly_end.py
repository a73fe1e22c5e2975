"""shutdown() says "that was all"; who then reads to the end knows."""

import socket


def read_all(sock):
    """Return all that comes until the other end says that was all.

    Raises ConnectionResetError where something was lost.
    """
    return b"".join(iter(lambda: sock.recv(4096), b""))


def conversation():
    """Return what the server and the client have read.

    >>> conversation()
    (b'the whole question', b'the whole answer')
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), 5)
        conn, _ = listener.accept()
        conn.settimeout(5)
    with client, conn:
        client.sendall(b"the whole question")
        client.shutdown(socket.SHUT_WR)
        question = read_all(conn)
        conn.sendall(b"the whole answer")
        conn.close()
        answer = read_all(client)
    return question, answer


def main():
    question, answer = conversation()
    print("the server read", question)
    print("the client read", answer)


if __name__ == "__main__":
    main()
