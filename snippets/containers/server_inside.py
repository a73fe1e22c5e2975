"""A server in a container, on 127.0.0.1 and on 0.0.0.0."""

# Run: python server_inside.py

import socket


def reached_from_inside(listener):
    """Connect from in here; return the address that was reached."""
    address = ("127.0.0.1", listener.getsockname()[1])
    with socket.create_connection(address, timeout=5) as inside:
        conn, _ = listener.accept()
        with conn:
            return inside.getpeername()


def main():
    with socket.socket() as private, socket.socket() as public:
        private.bind(("127.0.0.1", 0))
        private.listen()
        public.bind(("0.0.0.0", 0))
        public.listen()
        ports = private.getsockname()[1], public.getsockname()[1]
        print("127.0.0.1 and 0.0.0.0: ports", *ports, flush=True)
        print("one in here reached", reached_from_inside(private))
        try:
            while True:
                conn, _ = public.accept()
                with conn:
                    print("one outside reached", conn.getsockname())
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    main()
