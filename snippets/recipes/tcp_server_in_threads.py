"""A TCP server for many clients: a thread and a time limit for each."""

import contextlib
import socket
import threading
import time

SECONDS = 60  # for one client, however slowly it sends or reads
CLIENTS = 100  # at a time; more of them wait in the queue
places, conns = threading.Semaphore(CLIENTS), set()


def echo(conn):
    """Send back what the client sends, until its end of file."""
    end = time.monotonic() + SECONDS
    while True:
        conn.settimeout(max(end - time.monotonic(), 0.001))
        data = conn.recv(4096)
        if not data:
            return
        conn.sendall(data)


def attend(conn, peer):
    """Serve one client, whatever it does."""
    with conn:
        try:
            echo(conn)
        except OSError as error:
            print(*peer[:2], "was lost:", error, flush=True)
        conns.discard(conn)
    places.release()


def serve(listener):
    """Give each client a thread; at the end, end all of them."""
    try:
        while True:
            places.acquire()
            try:
                conn, peer = listener.accept()
            except OSError as error:  # EMFILE: no descriptor is left
                print("cannot accept:", error, flush=True)
                threading.Event().wait(0.1)  # for others to close
                places.release()
                continue
            conns.add(conn)
            threading.Thread(target=attend, args=[conn, peer]).start()
    finally:  # Ctrl-C does not wait for idle clients
        for conn in list(conns):
            with contextlib.suppress(OSError):
                conn.shutdown(socket.SHUT_RDWR)


def ask(address, line):
    """Return what the server sends back; closes after the server."""
    with socket.create_connection(address, timeout=5) as client:
        client.sendall(line)
        answer = client.recv(4096)
        client.shutdown(socket.SHUT_WR)  # that was all
        return answer + client.recv(4096)  # b"": it has closed


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    print("listening on", *address)
    # A server alone calls serve(listener) right here.
    loop = threading.Thread(target=serve, args=[listener], daemon=True)
    loop.start()
    print("answer:", ask(address, b"hello\n"))
    ours = {loop, threading.current_thread()}
    for client in set(threading.enumerate()) - ours:
        client.join()


if __name__ == "__main__":
    main()
