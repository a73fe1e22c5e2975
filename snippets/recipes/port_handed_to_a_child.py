"""A parent opens a listening socket and hands it to a child process."""

# Run: python port_handed_to_a_child.py

import socket
import subprocess
import sys

# What the server program does with the number that it is given.
CHILD = """
import socket, sys
with socket.socket(fileno=int(sys.argv[1])) as listener:
    port = listener.getsockname()[1]
    conn, peer = listener.accept()
    with conn:
        conn.settimeout(5)
        conn.sendall(b"the child serves port %d" % port)
"""


def start_server():
    """Start the child; return it and the address where it listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number = listener.fileno()
        command = [sys.executable, "-c", CHILD, str(number)]
        child = subprocess.Popen(command, pass_fds=[number])
        return child, listener.getsockname()


def ask(address):
    """Return all that the server sends, until its end of file."""
    with socket.create_connection(address, timeout=5) as client:
        return b"".join(iter(lambda: client.recv(4096), b""))


def main():
    child, address = start_server()
    with child:  # waits for its end
        try:
            print("the parent chose port", address[1])
            print(ask(address).decode())
        finally:
            child.terminate()  # or it would wait for a client


if __name__ == "__main__":
    main()
