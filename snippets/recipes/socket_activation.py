"""A server that takes its socket from systemd, or opens one."""

# Run: python socket_activation.py

import os
import socket
import sys

FIRST = 3  # the first number that is passed, sd_listen_fds(3)


def passed_sockets():
    """Return the sockets that systemd has passed; often none."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return []  # they were for the process that has started us
    numbers = range(FIRST, FIRST + int(os.environ["LISTEN_FDS"]))
    sockets = [socket.socket(fileno=number) for number in numbers]
    for sock in sockets:
        sock.set_inheritable(False)  # not for our own children
        sock.setblocking(True)  # the manager may have said otherwise
    return sockets


def greet(listener):
    """Serve one client."""
    conn, _ = listener.accept()
    with conn:
        conn.settimeout(5)
        conn.sendall(b"hello\n")


def main():
    passed = passed_sockets()
    if passed:
        print("passed:", passed[0].getsockname(), flush=True)
        greet(passed[0])
        return
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print("opened:", listener.getsockname(), flush=True)
        if sys.stdin.isatty():  # somebody is there to try it
            greet(listener)


if __name__ == "__main__":
    main()
