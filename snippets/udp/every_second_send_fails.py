"""A refused datagram makes the next send() fail, and only that one."""

import errno
import select
import socket


def send_to_closed_port(times):
    """Send again and again; return what each send() reported.

    >>> send_to_closed_port(4)
    ['sent', 'ECONNREFUSED', 'sent', 'ECONNREFUSED']
    """
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        receiver.bind(("127.0.0.1", 0))
        client.connect(receiver.getsockname())
        receiver.close()  # from here on the port is closed

        refused = select.poll()
        refused.register(client, select.POLLERR)
        reports = []
        for _ in range(times):
            try:
                client.send(b"hello")
                reports.append("sent")
                refused.poll(5000)  # until the refusal is here
            except OSError as error:
                reports.append(errno.errorcode[error.errno])
        return reports


def main():
    for number, report in enumerate(send_to_closed_port(4), 1):
        print("send() number", number, "reports:", report)


if __name__ == "__main__":
    main()
