"""Servers that are programs of their own, and the clients of a shell.

Each is told to stay in the foreground, which folder is its own and, where it has no
default or may not have it, a port.
"""

from lab.runtimes.registry import PORT, Entry, Program

NGINX = f"""
daemon off;
pid nginx.pid;
error_log stderr;
events {{ }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {{ listen {PORT}; }}
}}
"""
APACHE = f"""
Listen {PORT}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
ServerName localhost
PidFile apache.pid
DefaultRuntimeDir .
Mutex pthread
ErrorLog error.log
"""
LIGHTTPD = f"""
server.document-root = "/usr/share"
server.port = {PORT}
"""
HAPROXY = f"""
defaults
    mode http
    timeout client 30s
    timeout connect 5s
    timeout server 30s
frontend web
    bind :{PORT}
"""

ENTRIES = [
    Entry(
        "nginx",
        "Servers",
        "apt install nginx-light",
        "nginx -v",
        server=Program("nginx -p . -c nginx.conf", {"nginx.conf": NGINX}),
        as_user=True,
    ),
    Entry(
        "Apache httpd",
        "Servers",
        "apt install apache2",
        "apache2 -v",
        server=Program(
            "apache2 -D FOREGROUND -d . -f apache.conf", {"apache.conf": APACHE}
        ),
        as_user=True,
    ),
    Entry(
        "lighttpd",
        "Servers",
        "apt install lighttpd",
        "lighttpd -v",
        server=Program("lighttpd -D -f lighttpd.conf", {"lighttpd.conf": LIGHTTPD}),
    ),
    Entry(
        "HAProxy",
        "Servers",
        "apt install haproxy",
        "haproxy -v",
        server=Program("haproxy -db -f haproxy.cfg", {"haproxy.cfg": HAPROXY}),
    ),
    Entry(
        "Redis",
        "Servers",
        "apt install redis-server",
        "redis-server --version",
        server=Program("redis-server", {}),
        client=Program(f"redis-cli -h localhost -p {PORT} ping", {}),
    ),
    Entry(
        "memcached",
        "Servers",
        "apt install memcached",
        "memcached --version",
        server=Program("memcached", {}),
        as_user=True,
    ),
    Entry(
        "PostgreSQL",
        "Servers",
        "apt install postgresql",
        "/usr/lib/postgresql/15/bin/postgres --version",
        server=Program(
            "/usr/lib/postgresql/15/bin/postgres -D data -k /tmp",
            {},
            "/usr/lib/postgresql/15/bin/initdb -D data -A trust --no-sync",
        ),
        client=Program(
            f"/usr/lib/postgresql/15/bin/psql -h localhost -p {PORT} postgres", {}
        ),
        as_user=True,
    ),
    Entry(
        "dnsmasq",
        "Servers",
        "apt install dnsmasq-base",
        "dnsmasq --version",
        server=Program("dnsmasq --no-daemon --conf-file=/dev/null", {}),
    ),
    Entry(
        "nc (OpenBSD)",
        "Commands",
        "apt install netcat-openbsd",
        "dpkg-query -W netcat-openbsd",
        server=Program(f"nc -l {PORT}", {}),
        client=Program(f"nc localhost {PORT}", {}),
    ),
    Entry(
        "curl",
        "Commands",
        "apt install curl",
        "curl --version",
        client=Program(f"curl http://localhost:{PORT}/", {}),
    ),
    Entry(
        "wget",
        "Commands",
        "apt install wget",
        "wget --version",
        client=Program(f"wget --tries=1 http://localhost:{PORT}/", {}),
    ),
    Entry(
        "bash /dev/tcp",
        "Commands",
        "apt install bash",
        "bash --version",
        client=Program(
            "bash client.sh", {"client.sh": f"\n: > /dev/tcp/localhost/{PORT}\n"}
        ),
    ),
]
