"""asyncio.start_server() listens, and accepts in the background."""

import asyncio
import socket


async def serve_one_client():
    """Return the address asked for and the answer that a client got.

    >>> asyncio.run(serve_one_client())
    ('127.0.0.1', b'PING')
    """
    answered = asyncio.Event()

    async def answer(reader, writer):
        request = await reader.read()  # until the end of file
        writer.write(request.upper())
        writer.close()
        await writer.wait_closed()
        answered.set()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server, asyncio.timeout(5):
        address = server.sockets[0].getsockname()
        # An ordinary client; the kernel lets it in before accept().
        with socket.create_connection(address, timeout=5) as client:
            client.sendall(b"ping")
            client.shutdown(socket.SHUT_WR)
            await answered.wait()
            return address[0], client.recv(1024)


def main():
    address, reply = asyncio.run(serve_one_client())
    print("listening on", address)
    print("the client read", reply)


if __name__ == "__main__":
    main()
