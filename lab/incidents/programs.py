"""The programs that incidents run, and what several incidents do with them."""

from lab.incidents.bench import Bench, Running
from lab.incidents.registry import Program

# What every incident needs: the recorder, and what the acts call beside the programs.
BASE = (
    Program("strace", "strace", "strace"),
    Program("lsof", "lsof", "lsof"),
    Program("sysctl", "sysctl", "procps"),
)
NGINX = Program("nginx", "nginx", "nginx-light")
DNSMASQ = Program("dnsmasq", "dnsmasq", "dnsmasq-base")
UNBOUND = Program("Unbound", "unbound", "unbound")
REDIS = Program("Redis", "redis-server", "redis-server")
REDIS_CLI = Program("redis-cli", "redis-cli", "redis-tools")
SOCAT = Program("socat", "socat", "socat")
WGET = Program("Wget", "wget", "wget")
CURL = Program("curl", "curl", "curl")
DIG = Program("dig", "dig", "bind9-dnsutils")
AB = Program("ab", "ab", "apache2-utils")
AVAHI = Program("Avahi", "avahi-daemon", "avahi-daemon")
CADDY = Program("Caddy", "caddy", "caddy")
DOCKER_PROXY = Program("docker-proxy", "docker-proxy", "docker.io")
SS = Program("ss", "ss", "iproute2")
JAVA = Program("OpenJDK", "javac", "openjdk-17-jdk-headless")
SSH = Program("ssh", "ssh", "openssh-client")
NFT = Program("nft", "nft", "nftables")
ACTIVATE = Program("systemd-socket-activate", "systemd-socket-activate", "systemd")
NODE = Program("Node.js", "node", "node24", "npm")
GUNICORN = Program("Gunicorn", "gunicorn", "gunicorn", "pip")
HYPERCORN = Program("Hypercorn", "hypercorn", "hypercorn", "pip")
UVICORN = Program("Uvicorn", "uvicorn", "uvicorn", "pip")
FLASK = Program("Flask", "flask", "flask", "pip")
DJANGO = Program("Django", "django-admin", "django", "pip")
GRPC = Program("grpcio", "grpc", "grpcio", "pip")

NGINX_CONF = """user root;
daemon off;
master_process off;
pid nginx.pid;
error_log stderr;
events {{}}
http {{
access_log off;
client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
uwsgi_temp_path uwsgi; scgi_temp_path scgi;
server {{
{server}
location / {{ return 200 "hello from nginx\\n"; }}
}}
}}
"""
WSGI = """def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "6")])
    return [b"hello\\n"]
"""
ASGI = """async def app(scope, receive, send):
    assert scope["type"] == "http"
    head = {"type": "http.response.start", "status": 200, "headers": []}
    await send(head)
    await send({"type": "http.response.body", "body": b"hello\\n"})
"""


def nginx(bench: Bench, server: str, user: bool = False) -> Running:
    """Start nginx as one process with these lines in its `server` block."""
    bench.write("nginx.conf", NGINX_CONF.format(server=server))
    line = f"nginx -e stderr -p {bench.folder} -c nginx.conf"
    return bench.start_line("nginx", line, user)


NAME, NAMED = "here.example", "192.0.2.1"  # what a resolver of ours knows
DNSMASQ_CONF = f"""no-resolv
no-hosts
address=/{NAME}/{NAMED}
"""


def dig(bench: Bench, options: str = "") -> None:
    """A resolver answers: added to what came of it. Raises Surprise."""
    line = f"dig @127.0.0.1 {options} {NAME} +short".replace("  ", " ")
    lines = bench.finish("dig", line).lines()
    bench.must(lines == [NAMED], f"{line} gave {lines}")
    bench.end(f"{bench.ending} {line} prints: {NAMED}.".strip())


def curl(bench: Bench, url: str, options: str = "") -> Running:
    """Ask for a page, and wait for the answer."""
    return bench.finish("curl", f"curl -sS {options} {url}")


def gets(bench: Bench, url: str, answer: str = "hello", options: str = "") -> None:
    """A page comes: added to what came of it. Raises Surprise."""
    lines = curl(bench, url, options).lines()
    bench.must(bool(lines) and lines[0].startswith(answer), f"{url} gave {lines}")
    bench.end(f"{bench.ending} curl {url} prints: {lines[0]}.".strip())
