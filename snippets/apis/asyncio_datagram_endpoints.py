"""An asyncio datagram endpoint calls bind() or connect(), or both."""

import asyncio


class Server(asyncio.DatagramProtocol):
    """Answer whoever asks."""

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, sender):
        self.transport.sendto(data.upper(), sender)


class Client(asyncio.DatagramProtocol):
    """Wait for one answer."""

    def __init__(self):
        self.reply = asyncio.get_running_loop().create_future()

    def datagram_received(self, data, sender):
        self.reply.set_result(data)


async def request_and_reply():
    """Return the reply and the address from which it was asked.

    >>> asyncio.run(request_and_reply())
    (b'HELLO', '127.0.0.1')
    """
    loop = asyncio.get_running_loop()
    endpoint = loop.create_datagram_endpoint
    here = ("127.0.0.1", 0)
    server, _ = await endpoint(Server, local_addr=here)
    address = server.get_extra_info("sockname")
    client, waiting = await endpoint(Client, remote_addr=address)
    client.sendto(b"hello")  # no address: it is connected
    reply = await asyncio.wait_for(waiting.reply, 5)
    local = client.get_extra_info("sockname")
    client.close()
    server.close()
    return reply, local[0]


def main():
    reply, local = asyncio.run(request_and_reply())
    print("the client was answered:", reply)
    print("its local address:", local)


if __name__ == "__main__":
    main()
