"""asyncio.open_connection() connects, and binds first if told to."""

import asyncio
import socket


async def addresses_seen_by_the_server():
    """Return where two clients come from, without and with a choice.

    >>> asyncio.run(addresses_seen_by_the_server())
    ['127.0.0.1', '127.0.0.9']
    """
    seen = []
    with socket.socket() as listener:
        listener.settimeout(5)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        host, port = listener.getsockname()

        for chosen in (None, ("127.0.0.9", 0)):
            _, writer = await asyncio.open_connection(
                host,
                port,
                local_addr=chosen,
            )
            conn, peer = listener.accept()
            seen.append(peer[0])
            conn.close()
            writer.close()
            await writer.wait_closed()
    return seen


def main():
    without, chosen = asyncio.run(addresses_seen_by_the_server())
    print("without local_addr, from", without)
    print("with local_addr, from", chosen)


if __name__ == "__main__":
    main()
