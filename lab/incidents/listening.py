"""A server that listens, and some clients do not get through."""

import os
import signal

from lab.incidents.bench import Bench
from lab.incidents.programs import (
    ASGI,
    CURL,
    NGINX,
    NGINX_CONF,
    REDIS,
    SOCAT,
    SS,
    UVICORN,
    curl,
    gets,
    nginx,
)
from lab.incidents.registry import incident


@incident(
    "curl: (28) Connection timed out, and the server listens: its queue is full",
    NGINX,
    SOCAT,
    CURL,
    message="curl: (28)",
    before="listen 8000 backlog=1;",
    cure="listen 8000 backlog=511;",
    language="nginx",
    where="in the server block",
)
def queue_is_full(bench: Bench, lines: str) -> None:
    server = nginx(bench, lines)
    server.listens()
    bench.show(server, ":8000", only="bind|listen")
    os.kill(server.pid(), signal.SIGSTOP)  # busy with something else
    for _ in range(2):  # as many as a queue of one holds
        waiting = bench.start_line("waiting", "socat TCP4:127.0.0.1:8000 EXEC:cat")
        waiting.did("connect.*8000.* = 0")
    if bench.cured:
        asked = bench.start_line("curl", "curl -sS http://127.0.0.1:8000/")
        asked.did("getsockopt.*SO_ERROR")
        os.kill(server.pid(), signal.SIGCONT)
        asked.prints("hello")
        bench.end("curl waits in the queue, and has its answer when nginx goes on.")
    else:
        asked = curl(bench, "http://127.0.0.1:8000/", "--connect-timeout 1")
        os.kill(server.pid(), signal.SIGCONT)
        bench.say(asked, r"curl: \(28\)")
        bench.end("The kernel drops what asks for a third connection.")
    bench.show(asked, ":8000", only="connect|getsockopt.*SO_ERROR")


@incident(
    "ss shows a smaller Send-Q than the backlog that the server was given",
    UVICORN,
    SS,
    message="LISTEN 0 128",
    before="net.core.somaxconn=128",
    cure="net.core.somaxconn=4096",
    language="ini",
    where="in a file of /etc/sysctl.d/",
)
def somaxconn_cuts_the_backlog(bench: Bench, lines: str) -> None:
    bench.shell(f"sysctl -qw '{lines}'")
    bench.write("main.py", ASGI)
    server = bench.start_line("uvicorn", "uvicorn --no-use-colors main:app")
    server.prints("running on")
    bench.show(server, ":8000", only="bind|listen", cause="listen")
    shown = bench.finish("ss", "sh -c \"ss -ltnH | tr -s ' '\"")
    bench.say(shown, r"LISTEN \d+ \d+ 127.0.0.1:8000")
    bench.end(
        "The queue is as long as the server wants it."
        if bench.cured
        else "The queue holds 128, not 2048."
    )


@incident(
    "nginx: accept4() failed (24: Too many open files)",
    NGINX,
    SOCAT,
    CURL,
    message="accept4() failed (24: Too many open files)",
    before="ulimit -n 12\nnginx",
    cure="ulimit -n 1024\nnginx",
    where="in the shell that starts it",
)
def too_many_open_files(bench: Bench, lines: str) -> None:
    bench.write("nginx.conf", NGINX_CONF.format(server="listen 8000;"))
    start = lines.replace(
        "nginx", f"exec nginx -e stderr -p {bench.folder} -c nginx.conf"
    )
    server = bench.start("nginx", "sh", "-c", start)
    server.listens()
    for _ in range(12):
        client = bench.start_line("a client", "socat TCP4:127.0.0.1:8000 EXEC:cat")
        client.did("connect.*8000.* = 0")
    if bench.cured:
        server.did(r"accept4\(.* = \d+", times=12)
        gets(bench, "http://127.0.0.1:8000/")
    else:
        server.did("accept4.*EMFILE")
        server.prints("Too many open files")
        bench.say(server, r"accept4\(\) failed.*?files\)")
        bench.end("The client waits in the queue.")
    bench.show(server, ":8000", only="bind|listen|accept4.*EMFILE")


@incident(
    "nginx answers on IPv6 and refuses IPv4: listen [::]:80",
    NGINX,
    CURL,
    message="Failed to connect to 127.0.0.1 port 80",
    before="listen [::]:80;",
    cure="listen [::]:80;\nlisten 80;",
    language="nginx",
    where="in the server block",
)
def ipv6_only(bench: Bench, lines: str) -> None:
    server = nginx(bench, lines)
    server.listens(len(lines.splitlines()))
    bench.show(server, ":80", only="bind|listen|setsockopt.*V6ONLY", cause="V6ONLY, 1")
    if bench.cured:
        gets(bench, "http://127.0.0.1/")
    else:
        asked = curl(bench, "http://127.0.0.1/")
        bench.show(asked, ":80", only="connect|getsockopt.*SO_ERROR")
        bench.say(asked, r"Failed to connect to 127.0.0.1 port 80")
        gets(bench, "http://[::1]/")


@incident(
    "Redis: WARNING: The TCP backlog setting of 511 cannot be enforced",
    REDIS,
    message="The TCP backlog setting of 511 cannot be enforced",
    before="net.core.somaxconn=128",
    cure="net.core.somaxconn=511",
    language="ini",
    where="in a file of /etc/sysctl.d/",
)
def redis_backlog_511(bench: Bench, lines: str) -> None:
    bench.shell(f"sysctl -qw '{lines}'")
    server = bench.start_line("redis", "redis-server --bind 127.0.0.1 --save ''")
    server.prints("Ready to accept connections")
    bench.show(server, ":6379", only="bind|listen", cause="listen")
    if bench.cured:
        bench.end("The queue has its 511 places, and nothing is said.")
    else:
        bench.say(server, "The TCP backlog setting of 511 cannot be enforced.*128")
        bench.end("It listens, with a queue of 128.")
