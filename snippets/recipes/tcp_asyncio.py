"""A TCP server and its client with asyncio, in one event loop."""

# For Python 3.11 and newer: asyncio.timeout() is that young.

import asyncio
import contextlib


async def echo(reader, writer):
    """Send back what one client sends, until its end of file."""
    try:
        async with asyncio.timeout(60):  # however slowly it sends
            while data := await reader.read(4096):
                writer.write(data)
                await writer.drain()  # wait if the client reads slowly
    except OSError as error:  # a TimeoutError too
        print("a client was lost:", error)
    finally:
        writer.close()


@contextlib.asynccontextmanager
async def serving(host, port):
    """Serve clients while the block runs; returns host and port."""
    server = await asyncio.start_server(echo, host, port)
    try:
        yield server.sockets[0].getsockname()[:2]
    finally:
        # serve_forever() and `async with server` would wait here for
        # idle clients, from Python 3.12 on; run() cancels them.
        server.close()


async def ask(host, port, question):
    """Return all that the server sends back."""
    async with asyncio.timeout(5):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(question)
            writer.write_eof()  # that was all
            return await reader.read()
        finally:
            writer.close()


async def server_and_client():
    """Run both. A server alone waits: await asyncio.Event().wait()."""
    async with serving("127.0.0.1", 0) as (host, port):
        print("listening on", host, port)
        print("answer:", await ask(host, port, b"hello\n"))


def main():
    asyncio.run(server_and_client())


if __name__ == "__main__":
    main()
