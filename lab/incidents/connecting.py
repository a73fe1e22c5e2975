"""A client that is refused, or reaches nobody."""

import os
import signal

from lab.incidents.bench import Bench
from lab.incidents.programs import (
    ASGI,
    CURL,
    DIG,
    DNSMASQ,
    DNSMASQ_CONF,
    DOCKER_PROXY,
    NAMED,
    NFT,
    NGINX,
    NODE,
    REDIS,
    REDIS_CLI,
    SOCAT,
    SSH,
    UVICORN,
    curl,
    gets,
    nginx,
)
from lab.incidents.registry import incident
from lab.isolation import networks

CONNECTS = "socket|connect|getsockopt.*SO_ERROR"


@incident(
    "Node: TypeError: fetch failed, connect ECONNREFUSED ::1:8000",
    NODE,
    message="connect ECONNREFUSED ::1:8000",
    before='fetch("http://localhost:8000/")',
    cure='fetch("http://127.0.0.1:8000/")',
    language="js",
    where="with Node 17 to 19, or a newer one with --no-network-family-autoselection",
)
def node_fetch_of_localhost(bench: Bench, lines: str) -> None:
    bench.write("index.html", "hello")
    server = bench.start_line("the server", "python3 -m http.server -b 127.0.0.1 8000")
    server.listens()
    bench.write(
        "client.mjs",
        f"console.log(await (await {lines}).text())",
    )
    client = bench.finish("node", "node --no-network-family-autoselection client.mjs")
    bench.show(server, ":8000", only="bind|listen")
    bench.show(client, ":8000", only=CONNECTS)
    if bench.cured:
        bench.say(client, "hello")
        bench.end("The answer comes.")
    else:
        bench.say(client, "connect ECONNREFUSED.*")
        bench.end("Nobody listens on ::1.")


@incident(
    "redis-cli: Could not connect to Redis at 127.0.0.1:6379: Connection refused",
    REDIS,
    REDIS_CLI,
    message="Could not connect to Redis at 127.0.0.1:6379: Connection refused",
    before="redis-cli ping",
    cure="redis-server --daemonize no &\nredis-cli ping",
)
def redis_is_not_running(bench: Bench, lines: str) -> None:
    if bench.cured:
        server = bench.start_line("redis", "redis-server --save ''")
        server.prints("Ready to accept")
        bench.show(server, ":6379", only="bind|listen")
    client = bench.finish("redis-cli", lines.splitlines()[-1])
    bench.show(client, "6379", only="socket|connect")
    if bench.cured:
        bench.say(client, "PONG")
        bench.end("The answer comes.")
    else:
        bench.say(client, "Could not connect.*")
        bench.end("Nobody listens on the port.")


@incident(
    "nginx: connect() failed (111: Connection refused) while connecting to upstream, 502 Bad Gateway",
    NGINX,
    UVICORN,
    CURL,
    message="connect() failed (111: Connection refused) while connecting to upstream",
    before="location /app { proxy_pass http://127.0.0.1:8001/; }",
    cure="location /app { proxy_pass http://127.0.0.1:8000/; }",
    language="nginx",
    where="in the server block; the application listens on port 8000",
)
def nginx_502(bench: Bench, lines: str) -> None:
    bench.write("main.py", ASGI)
    app = bench.start_line("uvicorn", "uvicorn --no-use-colors --port 8000 main:app")
    app.prints("running on")
    server = nginx(bench, f"listen 80; {lines}")
    server.listens()
    asked = curl(bench, "http://127.0.0.1/app")
    bench.show(app, ":8000", only="bind|listen")
    bench.show(server, ":800", only=CONNECTS)
    if bench.cured:
        gets(bench, "http://127.0.0.1/app")
    else:
        bench.say(server, r"connect\(\) failed .*? upstream")
        bench.say(asked, "502 Bad Gateway")
        bench.end("nginx answers 502.")


@incident(
    "nginx: connect() to unix:app.sock failed (2: No such file or directory) while connecting to upstream",
    NGINX,
    UVICORN,
    CURL,
    message="failed (2: No such file or directory) while connecting to upstream",
    before="uvicorn --uds gunicorn.sock main:app",
    cure="uvicorn --uds app.sock main:app",
)
def nginx_no_socket_file(bench: Bench, lines: str) -> None:
    bench.write("main.py", ASGI)
    app = bench.start_line(
        "uvicorn", lines.replace("uvicorn ", "uvicorn --no-use-colors ")
    )
    app.prints("running on")
    place = f"http://unix:{bench.folder}/app.sock:/"
    server = nginx(bench, f"listen 80; location /app {{ proxy_pass {place}; }}")
    server.listens()
    asked = curl(bench, "http://127.0.0.1/app")
    bench.show(app, "sock", only="bind|listen")
    bench.show(server, "app.sock", only=CONNECTS)
    if bench.cured:
        gets(bench, "http://127.0.0.1/app")
    else:
        bench.say(server, r"connect\(\) to .*? upstream")
        bench.say(asked, "502 Bad Gateway")
        bench.end("nginx answers 502.")


@incident(
    "curl: (7) Failed to connect, and the server is in a container",
    CURL,
    message="Failed to connect to 192.0.2.2 port 8080",
    before="python3 -m http.server --bind 127.0.0.1 8080",
    cure="python3 -m http.server --bind 0.0.0.0 8080",
    where="in the container",
)
def server_in_a_container(bench: Bench, lines: str) -> None:
    bench.write("index.html", "hello")
    inside = networks.container()
    with networks.within(inside):
        server = bench.start_line("the server in the container", lines)
    server.listens()
    bench.show(server, ":8080", only="bind|listen")
    asked = curl(bench, "http://192.0.2.2:8080/")
    bench.show(asked, ":8080", only=CONNECTS)
    if bench.cured:
        bench.say(asked, "hello")
        bench.end("The answer comes.")
    else:
        bench.say(asked, r"curl: \(7\).*port 8080")
        bench.end("The container refuses what comes from outside.")


@incident(
    "ssh: connect to host 127.0.0.1 port 22: Connection refused",
    SSH,
    SOCAT,
    message="ssh: connect to host 127.0.0.1 port 22: Connection refused",
    before="ssh 127.0.0.1",
    cure="ssh -p 2222 127.0.0.1",
)
def ssh_on_another_port(bench: Bench, lines: str) -> None:
    server = bench.start_line(
        "the server", "socat TCP4-LISTEN:2222 SYSTEM:'echo SSH-2.0-here; cat'"
    )
    server.listens()
    bench.show(server, ":2222", only="bind|listen")
    client = bench.start_line("ssh", lines.replace("ssh ", "ssh -v "))
    if bench.cured:
        client.prints("remote software version here")
        bench.end("The server answers, and the two begin to talk.")
    else:
        client.ends()
        bench.say(client, "ssh: connect to host.*refused")
        bench.end("Nobody listens on port 22.")
    bench.show(client, ":22", only=CONNECTS)


@incident(
    "dig: communications error to 127.0.0.1#53: connection refused",
    DIG,
    DNSMASQ,
    message="communications error to 127.0.0.1#53: connection refused",
    before="dig @127.0.0.1 here.example +short",
    cure="dig @127.0.0.1 -p 5353 here.example +short",
)
def dig_refused(bench: Bench, lines: str) -> None:
    rest = f"port=5353\nlisten-address=127.0.0.1\nbind-interfaces\n{DNSMASQ_CONF}"
    bench.write("dnsmasq.conf", rest)
    server = bench.start_line("dnsmasq", "dnsmasq --no-daemon -C dnsmasq.conf")
    server.prints("started")
    bench.show(server, ":5353", only="bind")
    asked = bench.finish("dig", lines + " +tries=1")
    bench.show(asked, ":53|:5353", only="socket|connect|sendmsg|recvmsg|send|recv")
    if bench.cured:
        bench.say(asked, NAMED)
        bench.end("The answer comes.")
    else:
        bench.say(asked, "communications error.*")
        bench.end("No answer.")


@incident(
    "Docker: curl: (56) Recv failure: Connection reset by peer, on a published port",
    DOCKER_PROXY,
    CURL,
    message="Connection reset by peer",
    before="python3 -m http.server --bind 127.0.0.1 80",
    cure="python3 -m http.server --bind 0.0.0.0 80",
    where="in the container, whose port 80 is published as 8080",
)
def published_port_resets(bench: Bench, lines: str) -> None:
    bench.write("index.html", "hello")
    inside = networks.container()
    with networks.within(inside):
        server = bench.start_line("the server in the container", lines)
    server.listens()
    bench.show(server, ":80", only="bind|listen")
    proxy = bench.start_line(
        "docker-proxy",
        "docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 "
        "-container-ip 192.0.2.2 -container-port 80 3>&1",
    )
    proxy.listens()
    # The request is there before the proxy knows of the connection: else curl would
    # now and then be told of an empty reply (52) in place of the reset.
    os.kill(proxy.pid(), signal.SIGSTOP)
    asked = bench.start_line("curl", "curl -sS http://127.0.0.1:8080/")
    asked.did(r"sendto\(.* = \d+$")
    os.kill(proxy.pid(), signal.SIGCONT)
    asked.ends()
    bench.show(proxy, "192.0.2.2:80", only="connect|getsockopt.*SO_ERROR")
    if bench.cured:
        bench.say(asked, "hello")
        bench.end("The answer comes through the proxy.")
    else:
        bench.say(asked, r"curl: \(56\).*")
        bench.end("docker-proxy took the connection, is refused itself, and resets it.")


@incident(
    "connect() hangs: curl: (28) Connection timed out, and a firewall drops",
    NGINX,
    NFT,
    CURL,
    message="curl: (28)",
    before="nft add rule inet filter input tcp dport 8000 drop",
    cure="nft add rule inet filter input tcp dport 8000 accept",
    where="as root, on the server",
)
def firewall_drops(bench: Bench, lines: str) -> None:
    bench.shell("nft add table inet filter")
    bench.shell(
        "nft 'add chain inet filter input { type filter hook input priority 0; }'"
    )
    bench.shell(lines)
    server = nginx(bench, "listen 8000;")
    server.listens()
    asked = curl(bench, "http://127.0.0.1:8000/", "--connect-timeout 1")
    bench.show(asked, ":8000", only="connect|getsockopt.*SO_ERROR")
    if bench.cured:
        bench.say(asked, "hello.*")
        bench.end("The answer comes.")
    else:
        bench.say(asked, r"curl: \(28\)")
        bench.end("Nothing answers, and nothing refuses: curl gives up after a second.")


@incident(
    "A client is connected although no server runs: it is connected to itself",
    SOCAT,
    message="is anybody there",
    before="net.ipv4.ip_local_port_range=40000 40000",
    cure="net.ipv4.ip_local_port_range=50000 50999",
    language="ini",
    where="in a file of /etc/sysctl.d/; the one port stands for the try that meets it",
)
def connected_to_itself(bench: Bench, lines: str) -> None:
    bench.shell(f"sysctl -qw '{lines}'")
    asked = bench.start_line(
        "socat", 'sh -c "echo is anybody there | socat -t 1 - TCP4:127.0.0.1:40000"'
    )
    asked.ends()
    own = "" if bench.cured else "|getsockname"  # a port of the kernel's choice else
    bench.show(asked, ":40000", only=f"connect{own}")
    if bench.cured:
        bench.say(asked, "Connection refused")
        bench.end("Nobody listens, and the client is told so.")
    else:
        bench.say(asked, "is anybody there")
        bench.end("The client reads what it has sent: the other end is its own socket.")
