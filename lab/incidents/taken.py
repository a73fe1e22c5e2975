"""A port is taken, or seems to be."""

import os
import signal

from lab.incidents.bench import Bench
from lab.incidents.programs import (
    ACTIVATE,
    ASGI,
    AVAHI,
    CADDY,
    CURL,
    DIG,
    DJANGO,
    DNSMASQ,
    DNSMASQ_CONF,
    DOCKER_PROXY,
    FLASK,
    GRPC,
    GUNICORN,
    HYPERCORN,
    JAVA,
    NAME,
    NAMED,
    NGINX,
    NODE,
    REDIS,
    SOCAT,
    SS,
    UNBOUND,
    UVICORN,
    WGET,
    WSGI,
    dig,
    gets,
    nginx,
)
from lab.incidents.registry import incident
from lab.isolation import namespace
from lab.isolation.networks import cover


@incident(
    "Node: listen EADDRINUSE: address already in use :::3000",
    NODE,
    CURL,
    message="Error: listen EADDRINUSE: address already in use :::3000",
    before="node server.js",
    cure="kill $(lsof -t -iTCP:3000 -sTCP:LISTEN)\nnode server.js",
)
def node_eaddrinuse(bench: Bench, lines: str) -> None:
    bench.write(
        "server.js",
        """require("http").createServer((q, s) => s.end("hello\\n")).listen(3000)""",
    )
    first = bench.start_line("the first node", "node server.js")
    first.listens()
    *kill, start = lines.splitlines()
    for line in kill:
        bench.shell(line)
        first.ends()
    second = bench.start_line("node", start)
    if bench.cured:
        second.listens()
    else:
        second.ends()
        bench.say(second, "Error: listen EADDRINUSE.*")
        bench.end("The second server ends.")
    bench.show(second, r"\[::\]:3000")
    if bench.cured:
        gets(bench, "http://127.0.0.1:3000/")


@incident(
    "nginx: bind() to 0.0.0.0:80 failed (98: Address already in use), and nginx itself has [::]:80",
    NGINX,
    CURL,
    message="bind() to 0.0.0.0:80 failed (98: Address already in use)",
    before="listen [::]:80 ipv6only=off;\nlisten 80;",
    cure="listen [::]:80;\nlisten 80;",
    language="nginx",
    where="in the server block",
)
def nginx_both_families(bench: Bench, lines: str) -> None:
    server = nginx(bench, lines)
    if bench.cured:
        server.listens(2)
    else:
        server.ends()
        bench.say(server, r"bind\(\) to .* failed.*")
        bench.end("nginx tries five times, and ends.")
    bench.show(
        server,
        r":80\b",
        only="socket|bind|listen|setsockopt.*V6ONLY",
        cause="V6ONLY, 0",
    )
    if bench.cured:
        gets(bench, "http://127.0.0.1/")
        gets(bench, "http://[::1]/")


@incident(
    "dnsmasq: failed to create listening socket for port 53: Address already in use",
    DNSMASQ,
    SOCAT,
    DIG,
    message="failed to create listening socket for port 53: Address already in use",
    before="port=53",
    cure="port=53\nlisten-address=127.0.0.1\nbind-interfaces",
    language="ini",
    where="in dnsmasq.conf",
)
def dnsmasq_and_stub_resolver(bench: Bench, lines: str) -> None:
    # In the place of systemd-resolved, which holds this address on UDP and TCP.
    stub = bench.start_line(
        "the stub resolver", "socat -u UDP4-RECV:53,bind=127.0.0.53 -"
    )
    stub.did(r"bind.*127\.0\.0\.53:53.* = 0")
    bench.write("dnsmasq.conf", f"{lines}\n{DNSMASQ_CONF}")
    server = bench.start_line("dnsmasq", "dnsmasq --no-daemon -C dnsmasq.conf")
    if bench.cured:
        server.prints("started")
    else:
        server.ends()
        bench.say(server, "dnsmasq: failed.*|failed to create.*")
        bench.end("dnsmasq ends.")
    bench.show(server, r":53\b", only="socket|bind|listen")
    if bench.cured:
        dig(bench)


@incident(
    "Unbound: error: bind: address already in use, fatal error: could not open ports",
    UNBOUND,
    SOCAT,
    DIG,
    message="error: bind: address already in use",
    before="interface: 0.0.0.0",
    cure="interface: 127.0.0.1",
    language="yaml",
    where="in the server clause of unbound.conf",
)
def unbound_and_stub_resolver(bench: Bench, lines: str) -> None:
    stub = bench.start_line(
        "the stub resolver", "socat -u UDP4-RECV:53,bind=127.0.0.53 -"
    )
    stub.did(r"bind.*127\.0\.0\.53:53.* = 0")
    rest = 'username: ""\nchroot: ""\ndirectory: "."\npidfile: ""\nuse-syslog: no'
    rest += "\ndo-daemonize: no\nmodule-config: iterator"
    rest += f"\nlocal-data: '{NAME} A {NAMED}'"
    bench.write("unbound.conf", f"server:\n{lines}\n{rest}")
    server = bench.start_line("unbound", "unbound -d -c unbound.conf")
    if bench.cured:
        server.prints("start of service")
    else:
        server.ends()
        bench.say(server, "error: bind: .*|fatal error: could not.*")
        bench.end("unbound ends.")
    bench.show(server, r":53\b", only="socket|bind|listen")
    if bench.cured:
        dig(bench)


@incident(
    "localhost:3000 shows another project: two dev servers on one port",
    NODE,
    WGET,
    message="hello from the other project",
    before="wget -qO- http://localhost:3000/",
    cure="wget -qO- http://127.0.0.1:3000/",
)
def two_dev_servers_on_one_port(bench: Bench, lines: str) -> None:
    bench.write("index.html", "hello from my project")
    mine = bench.start_line("my server", "python3 -m http.server -b 127.0.0.1 3000")
    mine.listens()
    bench.write(
        "other.js",
        """require("http").createServer((q, s) => s.end("hello from the other project\\n"))
        .listen(3000, "::1")""",
    )
    other = bench.start_line("the other server", "node other.js")
    other.listens()
    bench.show(mine, ":3000", only="bind|listen")
    bench.show(other, ":3000", only="bind|listen")
    asked = bench.finish("wget", lines)
    bench.show(asked, ":3000", only="connect", cause=r"\[::1\]:3000")
    bench.say(asked, "hello.*")
    bench.end(
        "Your own project."
        if bench.cured
        else "The page of another project, and no error."
    )


@incident(
    "Redis: Could not create server TCP listening socket *:6379: bind: Address already in use",
    REDIS,
    SOCAT,
    message="bind: Address already in use",
    before="redis-server --port 6379",
    cure="kill $(lsof -t -iTCP:6379 -sTCP:LISTEN)\nredis-server --port 6379",
)
def redis_address_in_use(bench: Bench, lines: str) -> None:
    other = bench.start_line("socat", "socat TCP4-LISTEN:6379 -")
    other.listens()
    *kill, start = lines.splitlines()
    for line in kill:
        bench.shell(line)
        other.ends()
    server = bench.start_line("redis", start + " --protected-mode no")
    if bench.cured:
        server.listens(2)
    else:
        server.ends()
        bench.say(server, "Warning: Could not.*|Failed listening.*")
        bench.end("Redis ends.")
    bench.show(server, ":6379", only="socket|bind|listen|setsockopt.*(REUSE|V6ONLY)")
    if bench.cured:
        bench.end("Redis listens on both families.")


GRPC_SERVER = """import sys
from concurrent.futures import ThreadPoolExecutor
import grpc
options = {options}
server = grpc.server(ThreadPoolExecutor(1), options=options)
print("port", server.add_insecure_port("127.0.0.1:50051"))
server.start()
server.wait_for_termination()
"""


@incident(
    "Two gRPC servers run on one port, and each gets some of the calls",
    GRPC,
    message="",
    before="options = []",
    cure='options = [("grpc.so_reuseport", 0)]',
    language="python",
    where="for grpc.server(…, options=options)",
)
def two_grpc_servers(bench: Bench, lines: str) -> None:
    bench.write("server.py", GRPC_SERVER.format(options=lines.partition("= ")[2]))
    first = bench.start_line("the first server", "python server.py")
    first.prints("port")
    second = bench.start_line("the second server", "python server.py")
    if bench.cured:
        second.ends()
        bench.say(second, r"RuntimeError: Failed to bind to address 127.0.0.1:50051")
        bench.end("The second server is told, and ends.")
    else:
        second.prints("port")
        bench.say(second, "port .*")
        bench.end("Both servers run. No error is printed.")
    for one in (first, second):
        bench.show(one, ":50051", "bind|listen|setsockopt.*REUSE", "REUSEPORT, 1")


JAVA_SERVER = """import java.io.*;
import java.net.*;

public class Server {{
    public static void main(String[] arguments) throws IOException {{
        ServerSocket server = new ServerSocket();
        {lines}
        server.bind(new InetSocketAddress("127.0.0.1", 8080));
        System.out.println("listening");
        Socket connection = server.accept();
        connection.close();
        server.close();
    }}
}}
"""


@incident(
    "java.net.BindException: Address already in use, after a restart",
    JAVA,
    SOCAT,
    message="java.net.BindException: Address already in use",
    before="server.setReuseAddress(false);",
    cure="server.setReuseAddress(true);",
    language="java",
    where="before bind(); true is Java's default on Linux",
)
def java_restart(bench: Bench, lines: str) -> None:
    bench.write("Server.java", JAVA_SERVER.format(lines=lines))
    bench.shell("javac Server.java")
    start = "java -XX:TieredStopAtLevel=1 -cp . Server"
    first = bench.start_line("the first run", start)
    first.listens()
    bench.finish("the client", "socat -u TCP4:127.0.0.1:8080 -")
    first.ends()
    second = bench.start_line("the second run", start)
    if bench.cured:
        second.listens()
        bench.end("The second run listens.")
    else:
        second.ends()
        bench.say(second, "java.net.BindException: Address already in use")
        bench.end("The second run ends.")
    bench.show(second, ":8080", "bind|listen|setsockopt.*REUSE", "REUSEADDR, 0")


@incident(
    "uvicorn --reload was killed: [Errno 98] Address already in use",
    UVICORN,
    CURL,
    message="[Errno 98] Address already in use",
    before="kill -KILL $SERVER",
    cure="kill $SERVER",
    where="SERVER is the number of the process that you started",
)
def uvicorn_reload_was_killed(bench: Bench, lines: str) -> None:
    bench.write("main.py", ASGI)
    start = "uvicorn --reload --no-use-colors --port 8000 main:app"
    first = bench.start_line("the first uvicorn", start)
    first.prints("startup complete")
    bench.shell(lines.replace("$SERVER", str(first.pid())))
    if bench.cured:
        first.ends()
    second = bench.start_line("uvicorn", start)
    if bench.cured:
        second.listens()
    else:
        second.ends()
        bench.say(second, r"ERROR: +\[Errno 98\].*")
        bench.end("The parent is gone; its worker has the socket, and listens.")
    bench.show(second, ":8000", only="socket|bind|listen|setsockopt.*REUSE")
    if bench.cured:
        gets(bench, "http://127.0.0.1:8000/")


@incident(
    "Flask: Port 5000 is in use by another program, after Ctrl-Z",
    FLASK,
    CURL,
    message="Port 5000 is in use by another program",
    before="kill -TSTP $SERVER    # what Ctrl-Z does",
    cure="kill -INT $SERVER    # what Ctrl-C does",
    where="SERVER is the number of the process that you started",
)
def flask_after_ctrl_z(bench: Bench, lines: str) -> None:
    bench.write(
        "app.py",
        "from flask import Flask\napp = Flask(__name__)\n"
        "app.route('/')(lambda: 'hello\\n')",
    )
    first = bench.start_line("the first flask", "flask run")
    first.listens()
    first.did("accept|poll|listen")
    bench.shell(lines.replace("$SERVER", str(first.pid())))
    if bench.cured:
        first.ends()
    second = bench.start_line("flask", "flask run")
    if bench.cured:
        second.listens()
    else:
        second.ends()
        bench.say(second, "Address already in use|Port 5000 .*|Either identify.*")
        bench.end("The first server is stopped, not ended: it still listens.")
        os.kill(first.pid(), signal.SIGCONT)
    bench.show(second, ":5000", only="socket|bind|listen|setsockopt.*REUSE")
    if bench.cured:
        gets(bench, "http://127.0.0.1:5000/")


@incident(
    "Django: Error: That port is already in use, and the server was killed",
    DJANGO,
    CURL,
    message="Error: That port is already in use.",
    before="kill -KILL $SERVER",
    cure="kill -s INT -- -$GROUP",
    where="SERVER is the process that you started, GROUP its group: ps -o pgid= -p $SERVER",
)
def django_after_kill(bench: Bench, lines: str) -> None:
    bench.write(
        "site_.py",
        "SECRET_KEY = 'x'\nDEBUG = True\nROOT_URLCONF = 'urls'\n"
        "ALLOWED_HOSTS = ['*']\n",
    )
    bench.write(
        "urls.py",
        "from django.http import HttpResponse\n"
        "from django.urls import path\n"
        "urlpatterns = [path('', lambda q: HttpResponse('hello\\n'))]",
    )
    bench.env["DJANGO_SETTINGS_MODULE"] = "site_"
    start = "django-admin runserver --skip-checks"
    first = bench.start_line("the first server", start)
    first.listens()
    group = os.getpgid(first.pid())
    bench.shell(
        lines.replace("$SERVER", str(first.pid())).replace("$GROUP", str(group))
    )
    if bench.cured:
        first.ends()
    second = bench.start_line("django", start)
    if bench.cured:
        second.listens()
    else:
        second.did("EADDRINUSE")
        second.prints("Error: That port")
        bench.say(second, "Error: That port.*")
        bench.end("The process that was killed had a child: that one serves.")
    bench.show(second, ":8000", only="socket|bind|listen|setsockopt.*REUSE")
    if bench.cured:
        gets(bench, "http://127.0.0.1:8000/")


@incident(
    "Gunicorn: Connection in use: ('127.0.0.1', 8000), Retrying in 1 second",
    GUNICORN,
    CURL,
    message="Connection in use: ('127.0.0.1', 8000)",
    before="gunicorn --bind 127.0.0.1:8000 app:app",
    cure="kill $(cat gunicorn.pid)\ngunicorn --bind 127.0.0.1:8000 app:app",
)
def gunicorn_connection_in_use(bench: Bench, lines: str) -> None:
    bench.write("app.py", WSGI)
    first = bench.start_line(
        "the first gunicorn", "gunicorn -p gunicorn.pid -b 127.0.0.1:8000 app:app"
    )
    first.prints("Booting worker")
    *kill, start = lines.splitlines()
    for line in kill:
        bench.shell(line)
        first.ends()
    second = bench.start_line("gunicorn", start)
    if bench.cured:
        second.listens()
    else:
        second.did("EADDRINUSE", times=2)
        bench.say(second, r"Connection in use.*|Retrying in.*")
        bench.end("It tries five times in all, then ends.")
    bench.show(second, ":8000", only="bind|listen|setsockopt.*REUSE")
    if bench.cured:
        gets(bench, "http://127.0.0.1:8000/")


@incident(
    "Address already in use for a minute after a restart, and nobody listens",
    SOCAT,
    message="Address already in use",
    before="socat TCP4-LISTEN:8000 SYSTEM:date",
    cure="socat TCP4-LISTEN:8000,reuseaddr SYSTEM:date",
)
def restart_within_a_minute(bench: Bench, lines: str) -> None:
    for who in ("the first socat", "socat"):
        server = bench.start_line(
            who, lines.replace("SYSTEM:date", "SYSTEM:echo hello".replace(" ", "\\ "))
        )
        if who == "the first socat" or bench.cured:
            server.listens()
            client = bench.finish("client", "socat -u TCP4:127.0.0.1:8000 -")
            server.ends()
    if bench.cured:
        bench.say(client, "hello")
        bench.end("The second server answers.")
    else:
        server.ends()
        bench.say(server, r"bind\(.*")
        bench.end("The second server ends.")
    bench.show(server, ":8000", only="bind|listen|setsockopt.*REUSE")


@incident(
    "Address already in use, and a client has the port",
    NGINX,
    REDIS,
    message="bind() to 127.0.0.1:50051 failed (98: Address already in use)",
    before="net.ipv4.ip_local_reserved_ports=",
    cure="net.ipv4.ip_local_reserved_ports=50051",
    language="ini",
    where="in a file of /etc/sysctl.d/",
)
def client_on_my_port(bench: Bench, lines: str) -> None:
    namespace.write_sysctl("net.ipv4.ip_local_port_range", "50051\t50052")
    bench.shell(f"sysctl -qw '{lines}'" if bench.cured else "true")
    elsewhere = bench.start_line(
        "a server elsewhere", "redis-server --port 6379 --bind 127.0.0.1 --save ''"
    )
    elsewhere.listens()
    client = bench.start_line("a client", "socat TCP4:127.0.0.1:6379 EXEC:cat")
    client.did("connect.*6379.* = 0")
    elsewhere.did("accept.*6379|accept.* = [0-9]")
    told = bench.finish("ss", "ss -tnH 'dport = 6379'")
    bench.say(told, r"127.0.0.1:\d+ +127.0.0.1:6379")
    server = nginx(bench, "listen 127.0.0.1:50051;")
    if bench.cured:
        server.listens()
    else:
        server.ends()
        bench.say(server, r"bind\(\) to .* failed.*")
        bench.end("nginx tries five times, and ends. Nobody listens on the port.")
    bench.show(client, ":6379", only="socket|bind|connect")
    bench.show(server, ":50051", only="bind|listen|setsockopt.*REUSE")
    if bench.cured:
        gets(bench, "http://127.0.0.1:50051/")


@incident(
    "Tests fail now and then: Address already in use, with free_port()",
    message="OSError: [Errno 98] Address already in use",
    before="PORT=$(python3 free_port.py)\npython3 -m http.server -b 127.0.0.1 $PORT",
    cure="python3 -m http.server -b 127.0.0.1 0",
)
def free_port_in_tests(bench: Bench, lines: str) -> None:
    namespace.write_sysctl("net.ipv4.ip_local_port_range", "40000\t40000")
    bench.write(
        "free_port.py",
        "import socket\nsock = socket.socket()\n"
        'sock.bind(("127.0.0.1", 0))\nprint(sock.getsockname()[1])',
    )
    bench.write("index.html", "hello")
    port = bench.shell("python3 free_port.py").strip()
    if not bench.cured:
        other = bench.start_line(
            "another test", "python3 -m http.server -b 127.0.0.1 0"
        )
        other.listens()
        bench.show(other, ":40000|127.0.0.1:0", only="bind|listen|getsockname")
    *_, start = lines.splitlines()
    server = bench.start_line("the server", start.replace("$PORT", port))
    if bench.cured:
        server.listens()
        server.prints("Serving")
        bench.say(server, "Serving HTTP on .* port [0-9]+")
    else:
        server.ends()
        bench.say(server, "OSError: .*")
        bench.end("Another program was faster.")
    bench.show(server, "127.0.0.1:(0|40000)", only="bind|listen|getsockname")
    if bench.cured:
        bench.end("The server was given a port that it holds, and says which one.")


@incident(
    "The service is stopped, and systemd still has its port",
    ACTIVATE,
    GUNICORN,
    CURL,
    message="Connection in use: ('127.0.0.1', 8000)",
    before="gunicorn --bind 127.0.0.1:8000 app:app",
    cure="systemd-socket-activate -l 127.0.0.1:8000 gunicorn app:app",
)
def systemd_socket_holds_the_port(bench: Bench, lines: str) -> None:
    bench.write("app.py", WSGI)
    if not bench.cured:
        unit = bench.start_line(
            "the socket unit", "systemd-socket-activate -l 127.0.0.1:8000 true"
        )
        unit.listens()
        bench.show(unit, ":8000", only="bind|listen")
    line = lines.replace(
        "systemd-socket-activate",
        f"systemd-socket-activate -E PATH={bench.env['PATH']}",
    )
    server = bench.start_line("gunicorn", line)
    if bench.cured:
        server.listens()
        gets(bench, "http://127.0.0.1:8000/")
    else:
        server.did("EADDRINUSE", times=2)
        bench.say(server, r"Connection in use.*")
        bench.end("Gunicorn tries five times, then ends.")
    bench.show(server, ":8000", only="bind|listen")


@incident(
    "nginx: bind() to 0.0.0.0:80 failed (13: Permission denied)",
    NGINX,
    CURL,
    message="bind() to 0.0.0.0:80 failed (13: Permission denied)",
    before="net.ipv4.ip_unprivileged_port_start=1024",
    cure="net.ipv4.ip_unprivileged_port_start=80",
    language="ini",
    where="in a file of /etc/sysctl.d/; containers without root need it too",
)
def port_80_as_an_ordinary_user(bench: Bench, lines: str) -> None:
    bench.shell(f"sysctl -qw '{lines}'")
    server = nginx(bench, "listen 80;", user=True)
    if bench.cured:
        server.listens()
    else:
        server.ends()
        bench.say(server, r"bind\(\) to .* failed.*")
        bench.end("nginx ends.")
    bench.show(server, ":80$|:80[^0-9]", only="socket|bind|listen")
    if bench.cured:
        gets(bench, "http://127.0.0.1/")


@incident(
    "Avahi: Detected another IPv4 mDNS stack running on this host",
    AVAHI,
    SOCAT,
    message="Detected another IPv4 mDNS stack running on this host",
    before="",
    cure="kill $(lsof -t -iUDP:5353)",
)
def mdns_on_5353(bench: Bench, lines: str) -> None:
    other = bench.start_line("the other stack", "socat -u UDP4-RECV:5353,reuseaddr -")
    other.did("bind.*5353.* = 0")
    if bench.cured:
        bench.shell(lines)
        other.ends()
    # It wants a user of its own, and this network has root alone.
    users = bench.write("passwd", "root:x:0:0::/:\navahi:x:0:0::/:")
    groups = bench.write("group", "root:x:0:\navahi:x:0:")
    cover("/etc/passwd", str(users))
    cover("/etc/group", str(groups))
    bench.write(
        "avahi.conf",
        "[server]\nuse-ipv6=no\nenable-dbus=no\ndisallow-other-stacks=no\n"
        "[wide-area]\nenable-wide-area=no\n",
    )
    daemon = bench.start_line(
        "avahi",
        "avahi-daemon -f avahi.conf --no-drop-root --no-chroot --no-rlimits --debug",
    )
    daemon.prints("startup complete")
    if not bench.cured:
        bench.say(daemon, "WARNING: Detected another.*?host")
        bench.end("Avahi sets SO_REUSEADDR and shares the port.")
    else:
        bench.end("Avahi has the port to itself.")
    bench.show(daemon, ":5353", only="bind|setsockopt.*REUSE")


@incident(
    "nginx: bind() to unix: failed (98: Address already in use), and nobody has the file",
    NGINX,
    CURL,
    message="failed (98: Address already in use)",
    before="nginx",
    cure="rm app.sock\nnginx",
)
def stale_socket_file(bench: Bench, lines: str) -> None:
    listen = f"listen unix:{bench.folder}/app.sock;"
    first = nginx(bench, listen)
    first.listens()
    os.kill(first.pid(), signal.SIGKILL)
    first.ends()
    for line in lines.splitlines()[:-1]:
        bench.shell(line)
    server = nginx(bench, listen)
    if bench.cured:
        server.listens()
    else:
        server.ends()
        bench.say(server, r"bind\(\) to .* failed.*")
        bench.end("nginx ends. The file was left by a process that was killed.")
    bench.show(server, "app.sock", only="socket|bind|listen")
    if bench.cured:
        gets(bench, "http://localhost/", options="--unix-socket app.sock")


LONG = "a-folder-with-a-long-name/" * 5


@incident(
    "AF_UNIX path too long",
    UVICORN,
    CURL,
    message="AF_UNIX path too long",
    before=f"uvicorn --uds {LONG}app.sock main:app",
    cure="uvicorn --uds /run/app.sock main:app",
)
def af_unix_path_too_long(bench: Bench, lines: str) -> None:
    bench.write("main.py", ASGI)
    bench.shell(f"mkdir -p {LONG}")
    server = bench.start_line(
        "uvicorn",
        lines.replace("/run/", "").replace(
            "uvicorn", "uvicorn --no-use-colors --lifespan off"
        ),
    )
    if bench.cured:
        server.listens()
        bench.show(server, "app.sock", only="socket|bind|listen")
        server.prints("running on")
        gets(bench, "http://localhost/", options="--unix-socket app.sock")
    else:
        server.ends()
        bench.say(server, "OSError: AF_UNIX path too long.*|AF_UNIX path too long")
        bench.must(not any(call.name == "bind" for call in server.calls), "no bind()")
        bench.end("Python refuses by itself: no bind() is seen.")


@incident(
    "Go: listen tcp :8080: bind: address already in use",
    CADDY,
    CURL,
    message="listen tcp :8080: bind: address already in use",
    before="caddy file-server --listen :8080",
    cure="kill $(lsof -t -iTCP:8080 -sTCP:LISTEN)\ncaddy file-server --listen :8080",
)
def go_address_already_in_use(bench: Bench, lines: str) -> None:
    bench.write("index.html", "hello")
    other = bench.start_line("socat", "socat TCP6-LISTEN:8080 -")
    other.listens()
    *kill, start = lines.splitlines()
    for line in kill:
        bench.shell(line)
        other.ends()
    server = bench.start_line("caddy", start)
    if bench.cured:
        server.listens()
    else:
        server.ends()
        bench.say(server, "listen tcp .*in use")
        bench.end("Caddy ends.")
    bench.show(server, ":8080", only="bind|listen|setsockopt.*REUSE")
    if bench.cured:
        gets(bench, "http://127.0.0.1:8080/")


@incident(
    "Docker says that the port is in use, and ss and lsof show no process",
    DOCKER_PROXY,
    SS,
    message="",
    before="ss -ltnp 'sport = 8080'",
    cure="sudo ss -ltnp 'sport = 8080'",
)
def docker_port_nobody_is_shown(bench: Bench, lines: str) -> None:
    proxy = bench.start_line(
        "docker-proxy",
        "docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 "
        "-container-ip 127.0.0.9 -container-port 80 3>&1",
    )
    proxy.listens()
    bench.show(proxy, ":8080", only="bind|listen|setsockopt.*REUSE")
    found = bench.finish("ss", lines.replace("sudo ", ""), user=not bench.cured)
    (told,) = bench.say(found, r'LISTEN .*0\.0\.0\.0:\*(?: +users:\(\("[\w-]+")?')
    shown = "docker-proxy" in told
    bench.must(shown == bench.cured, "root alone is told who has the socket")
    named = "The process is named." if shown else "A listener, and nobody who has it."
    bench.end(f"ss: {named}")


@incident(
    "Docker: Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use",
    DOCKER_PROXY,
    CURL,
    message="listen tcp4 0.0.0.0:8080: bind: address already in use",
    before="docker run -p 8080:80 web",
    cure="docker run -p 8081:80 web",
)
def docker_userland_proxy(bench: Bench, lines: str) -> None:
    bench.write("index.html", "hello")
    # What Docker starts for each port that it publishes; fd 3 is how it reports.
    outside, _, inside = lines.split()[3].partition(":")
    container = bench.start_line(
        "the container", f"python3 -m http.server -b 127.0.0.9 {inside}"
    )
    container.listens()
    other = bench.start_line("the other server", "python3 -m http.server 8080")
    other.listens()
    proxy = bench.start_line(
        "docker-proxy",
        f"docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port {outside} "
        f"-container-ip 127.0.0.9 -container-port {inside} 3>&1",
    )
    if bench.cured:
        proxy.listens()
    else:
        proxy.ends()
        bench.say(proxy, "listen tcp4 .*in use")
        bench.end("docker-proxy ends.")
    bench.show(other, ":8080", only="bind|listen")
    bench.show(proxy, f":{outside}", only="bind|listen|setsockopt.*REUSE")
    if bench.cured:
        gets(bench, "http://127.0.0.1:8081/")


@incident(
    "hypercorn --reload was killed, and its port is still in use",
    HYPERCORN,
    CURL,
    message="[Errno 98] Address already in use",
    before="kill -KILL $SERVER",
    cure="kill $SERVER",
    where="SERVER is the number of the process that you started",
)
def hypercorn_reload_was_killed(bench: Bench, lines: str) -> None:
    bench.write("main.py", ASGI)
    start = "hypercorn --reload --bind 127.0.0.1:8000 main:app"
    first = bench.start_line("the first hypercorn", start)
    first.prints("Running on")
    bench.shell(lines.replace("$SERVER", str(first.pid())))
    if bench.cured:
        first.ends()
    second = bench.start_line("hypercorn", start)
    if bench.cured:
        second.prints("Running on")
        second.listens()
    else:
        second.ends()
        bench.say(second, r"OSError: \[Errno 98\].*")
        bench.end("The parent is gone; its worker has the socket, and listens.")
    bench.show(second, ":8000", only="socket|bind|listen|setsockopt.*REUSE")
    if bench.cured:
        gets(bench, "http://127.0.0.1:8000/")
