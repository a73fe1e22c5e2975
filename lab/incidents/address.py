"""An address that the machine has not, or a family that it has not."""

from lab.incidents.bench import Bench
from lab.incidents.programs import (
    ASGI,
    CURL,
    NGINX,
    NODE,
    REDIS,
    UVICORN,
    gets,
    nginx,
)
from lab.incidents.registry import incident
from lab.isolation import namespace


@incident(
    "Node: listen EADDRNOTAVAIL: address not available 203.0.113.7:3000",
    NODE,
    CURL,
    message="Error: listen EADDRNOTAVAIL: address not available 203.0.113.7:3000",
    before='server.listen(3000, "203.0.113.7")',
    cure='server.listen(3000, "0.0.0.0")',
    language="js",
    where="in server.js",
)
def public_address_of_a_cloud(bench: Bench, lines: str) -> None:
    bench.write(
        "server.js",
        'const server = require("http").createServer((q, s) => s.end("hello\\n"))\n'
        + lines,
    )
    server = bench.start_line("node", "node server.js")
    if bench.cured:
        server.listens()
    else:
        server.ends()
        bench.say(server, "Error: listen EADDRNOTAVAIL.*")
        bench.end("The server ends.")
    bench.show(server, ":3000", only="socket|bind|listen")
    if bench.cured:
        gets(bench, "http://127.0.0.1:3000/")


@incident(
    "nginx: bind() to 192.0.2.10:80 failed (99: Cannot assign requested address), at boot",
    NGINX,
    CURL,
    message="bind() to 192.0.2.10:80 failed (99: Cannot assign requested address)",
    before="net.ipv4.ip_nonlocal_bind=0",
    cure="net.ipv4.ip_nonlocal_bind=1",
    language="ini",
    where="in a file of /etc/sysctl.d/",
)
def address_comes_later(bench: Bench, lines: str) -> None:
    bench.shell(f"sysctl -qw '{lines}'")
    server = nginx(bench, "listen 192.0.2.10:80;")
    if bench.cured:
        server.listens()
        # The network comes up after the server.
        bench.shell("ip address add 192.0.2.10/32 dev lo")
    else:
        server.ends()
        bench.say(server, r"bind\(\) to .* failed.*")
        bench.end("nginx ends.")
    bench.show(server, "192.0.2.10:80", only="socket|bind|listen")
    if bench.cured:
        bench.end("Then the address comes.")
        gets(bench, "http://192.0.2.10/")


@incident(
    "nginx: bind() to [::1]:80 failed (99: Cannot assign requested address), and IPv6 is off",
    NGINX,
    CURL,
    message="bind() to [::1]:80 failed (99: Cannot assign requested address)",
    before="listen [::1]:80;",
    cure="listen 127.0.0.1:80;",
    language="nginx",
    where="in the server block",
)
def ipv6_is_off(bench: Bench, lines: str) -> None:
    namespace.write_sysctl("net.ipv6.conf.all.disable_ipv6", "1")
    server = nginx(bench, lines)
    if bench.cured:
        server.listens()
    else:
        server.ends()
        bench.say(server, r"bind\(\) to .* failed.*")
        bench.end("nginx ends.")
    bench.show(server, ":80", only="socket|bind|listen")
    if bench.cured:
        gets(bench, "http://127.0.0.1/")


@incident(
    "uvicorn: [Errno 99] error while attempting to bind on address ('198.51.100.5', 8000): cannot assign requested address",
    UVICORN,
    CURL,
    message="error while attempting to bind on address ('198.51.100.5', 8000)",
    before="uvicorn --host 198.51.100.5 --port 8000 main:app",
    cure="uvicorn --host 0.0.0.0 --port 8000 main:app",
)
def host_of_another_machine(bench: Bench, lines: str) -> None:
    bench.write("main.py", ASGI)
    server = bench.start_line(
        "uvicorn", lines.replace("uvicorn", "uvicorn --no-use-colors --lifespan off")
    )
    if bench.cured:
        server.prints("running on")
    else:
        server.ends()
        bench.say(server, r"\[Errno 99\].*")
        bench.end("uvicorn ends.")
    bench.show(server, ":8000", only="socket|bind|listen")
    if bench.cured:
        gets(bench, "http://127.0.0.1:8000/")


@incident(
    "Redis: Could not create server TCP listening socket 192.0.2.5:6379: bind: Cannot assign requested address",
    REDIS,
    message="bind: Cannot assign requested address",
    before="bind 127.0.0.1 192.0.2.5",
    cure="bind 127.0.0.1 -192.0.2.5",
    language="text",
    where="in redis.conf; the minus allows the address to be missing",
)
def redis_address_that_may_be_missing(bench: Bench, lines: str) -> None:
    bench.write("redis.conf", lines + "\nport 6379\nsave ''")
    server = bench.start_line("redis", "redis-server redis.conf")
    if bench.cured:
        server.prints("Ready to accept")
        bench.end("Redis listens on the address that is there.")
    else:
        server.ends()
        bench.say(server, "Warning: Could not.*|Failed listening.*")
        bench.end("Redis ends.")
    bench.show(server, ":6379", only="socket|bind|listen")
