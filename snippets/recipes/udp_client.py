"""A UDP client: sends one datagram and waits for the answer."""

# Needs: udp_server.py running; give its host and port

import socket
import sys


def ask(address, request):
    """Return the reply, the client's local address and its peer.

    connect() keeps strangers out and lets a closed port be reported.
    """
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.connect(address)
        client.send(request)
        reply = client.recv(65535)
        return reply, client.getsockname(), client.getpeername()


def main():
    if len(sys.argv) != 3 or not sys.argv[2].isdigit():
        sys.exit("usage: python udp_client.py HOST PORT")
    host, port = sys.argv[1], int(sys.argv[2])
    try:
        reply, local, peer = ask((host, port), b"?hello")
    except ConnectionRefusedError:
        sys.exit(f"refused: nobody receives on {host} {port}")
    except TimeoutError:
        sys.exit(f"no answer from {host} {port} within 5 seconds")
    except OSError as error:
        sys.exit(f"cannot ask {host} {port}: {error}")
    print("reply:", reply)
    print("local address:", *local[:2])
    print("peer address:", *peer[:2])


if __name__ == "__main__":
    main()
