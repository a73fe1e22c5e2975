"""No port is left for a client to come from."""

from lab.incidents.bench import Bench
from lab.incidents.programs import AB, CURL, NGINX, SOCAT, nginx
from lab.incidents.registry import incident

FEW, MANY = "40000 40003", "32768 60999"


@incident(
    "ab: apr_socket_connect(): Cannot assign requested address (99)",
    AB,
    NGINX,
    message="apr_socket_connect(): Cannot assign requested address (99)",
    before=f"net.ipv4.ip_local_port_range={FEW}",
    cure=f"net.ipv4.ip_local_port_range={MANY}",
    language="ini",
    where="in a file of /etc/sysctl.d/; the few ports stand for a range that is used up",
)
def ab_has_no_port(bench: Bench, lines: str) -> None:
    bench.shell(f"sysctl -qw '{lines}'")
    server = nginx(bench, "listen 8000;")
    server.listens()
    client = bench.finish("ab", "ab -n 5 -c 5 http://127.0.0.1:8000/")
    bench.show(client, ":8000", only="connect.*(EINPROGRESS|EADDRNOTAVAIL)")
    if bench.cured:
        bench.say(client, "Complete requests: +5")
        bench.end("All five have an answer.")
    else:
        bench.say(client, "apr_socket_connect.*")
        bench.end("Four connections have taken the four ports; ab ends at the fifth.")


@incident(
    "nginx: connect() to 127.0.0.1:8000 failed (99: Cannot assign requested address) while connecting to upstream",
    NGINX,
    SOCAT,
    CURL,
    message="connect() to 127.0.0.1:8000 failed (99: Cannot assign requested address)",
    before="proxy_pass http://127.0.0.1:8000;",
    cure="proxy_pass http://unix:/run/app.sock;",
    language="nginx",
    where="in the location block",
)
def nginx_has_no_port(bench: Bench, lines: str) -> None:
    bench.shell("sysctl -qw 'net.ipv4.ip_local_port_range=40000 40000'")
    # An application that takes its time: it never answers.
    for listen in ("TCP4-LISTEN:8000", "UNIX-LISTEN:/run/app.sock"):
        bench.start_line("app", f"socat -u {listen},fork,reuseaddr -").listens()
    # Clients come by a Unix socket, so that they take no port.
    listen = f"listen unix:{bench.folder}/front.sock; location /app {{ {lines} }}"
    server = nginx(bench, listen)
    server.listens()
    ask = "curl -sS --unix-socket front.sock http://localhost/app"
    bench.start_line("curl", ask)
    server.did("connect.*(8000|app.sock)")
    if bench.cured:
        bench.start_line("curl", ask)
        server.did("connect.*app.sock", times=2)
        bench.end("Both requests reach the application.")
    else:
        asked = bench.finish("curl", ask)
        bench.say(server, r"connect\(\) to .*? upstream")
        bench.say(asked, "502 Bad Gateway")
        bench.end("The first request has the only port; nginx answers the second 502.")
    bench.show(server, ":8000|app.sock", only="connect")


@incident(
    "Address already in use from a client that names its own address",
    SOCAT,
    message="Address already in use",
    before="socat - TCP4:127.0.0.1:8001,bind=127.0.0.1",
    cure="socat - TCP4:127.0.0.1:8001",
)
def client_that_binds(bench: Bench, lines: str) -> None:
    bench.shell("sysctl -qw 'net.ipv4.ip_local_port_range=40000 40000'")
    for port in (8000, 8001):
        server = bench.start_line("server", f"socat -u TCP4-LISTEN:{port},fork -")
        server.listens()
    bench.start_line("other", lines.replace(":8001", ":8000") + " >&2").did(
        "connect.*8000.* = 0"
    )
    client = bench.start_line("socat", lines)
    if bench.cured:
        client.did("connect.*8001.* = 0")
        bench.end("It shares the port with the other client, whose server is another.")
    else:
        client.ends()
        bench.say(client, r"bind\(.*")
        bench.end("The other client has the only port.")
    bench.show(client, ":8001|127.0.0.1:0", only="bind|connect")
