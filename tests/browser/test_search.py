"""What readers paste into the site's search, and the page that must come first."""

from pathlib import Path

import pytest


def read(name: str) -> dict[str, list[str]]:
    """{query: the pages that answer it}, of a file beside this one."""
    lines = Path(__file__).with_name(name).read_text().splitlines()
    parted = (line.rpartition(" = ") for line in lines if not line.startswith("#"))
    return {query: pages.split() for query, _, pages in parted}


# Error messages as programs print them, in full or in part.
ERRORS = {
    "Bind for 0.0.0.0:8080 failed: port is already allocated": "incidents/taken",
    "Error starting userland proxy: listen tcp4 0.0.0.0:80": "incidents/taken",
    "dnsmasq: failed to create listening socket for port 53": "incidents/taken",
    "Could not create server TCP listening socket *:6379": "incidents/taken",
    "apr_socket_connect(): Cannot assign requested address (99)": "incidents/ports",
    "Could not connect to Redis at 127.0.0.1:6379": "incidents/connecting",
    "reply from unexpected source": "incidents/udp",
    "[Errno 98] Address already in use": "errors/eaddrinuse",
    "OSError: [Errno 98] Address already in use": "errors/eaddrinuse",
    "bind: address already in use": "errors/eaddrinuse",
    "listen EADDRINUSE: address already in use :::3000": "incidents/taken",
    "EADDRINUSE": "errors/eaddrinuse",
    "errno 98": "errors/eaddrinuse",
    "WinError 10048": "errors/eaddrinuse",
    "Only one usage of each socket address": "errors/eaddrinuse",
    "OSError: [Errno 99] Cannot assign requested address": "errors/eaddrnotavail",
    "connect: cannot assign requested address": "errors/eaddrnotavail",
    "EADDRNOTAVAIL": "errors/eaddrnotavail",
    "WinError 10049": "errors/eaddrnotavail",
    "ConnectionRefusedError: [Errno 111] Connection refused": "errors/econnrefused",
    "errno 111": "errors/econnrefused",
    "connection refused": "errors/econnrefused",
    "WinError 10061": "errors/econnrefused",
    "target machine actively refused it": "errors/econnrefused",
    "PermissionError: [Errno 13] Permission denied": "errors/eacces",
    "WinError 10013": "errors/eacces",
    "[Errno 1] Operation not permitted": "errors/eperm",
    "OSError: [Errno 22] Invalid argument": "errors/einval",
    "OSError: [Errno 107] Transport endpoint is not connected": "errors/enotconn",
    "OSError: [Errno 106] Transport endpoint is already connected": "errors/eisconn",
    "ConnectionResetError: [Errno 104] Connection reset by peer": "errors/econnreset",
    "WinError 10054": "errors/econnreset",
    "Software caused connection abort": "errors/econnaborted",
    "BrokenPipeError: [Errno 32] Broken pipe": "errors/epipe",
    "Resource temporarily unavailable": "errors/eagain",
    "BlockingIOError: [Errno 115] Operation now in progress": "errors/einprogress",
    "WinError 10035": "errors/eagain",
    "TimeoutError: [Errno 110] Connection timed out": "errors/etimedout",
    "OSError: [Errno 101] Network is unreachable": "errors/enetunreach",
    "connect: No route to host": "errors/ehostunreach",
    "errno 113": "errors/ehostunreach",
    "Address family not supported by protocol": "errors/eafnosupport",
    "Destination address required": "errors/edestaddrreq",
    "sendto: Message too long": "errors/emsgsize",
    "[Errno 95] Operation not supported": "errors/eopnotsupp",
    "[Errno 9] Bad file descriptor": "errors/ebadf",
    "Socket operation on non-socket": "errors/enotsock",
    "accept: too many open files": "incidents/listening",
    "AF_UNIX path too long": "errors/without-a-number",
    "TimeoutError: timed out": "errors/without-a-number",
    "bind(): port must be 0-65535": "errors/without-a-number",
    # As other programs print them, with words that no page has.
    "connect ECONNREFUSED 127.0.0.1:5432": "errors/econnrefused",
    "dial tcp 127.0.0.1:8080: connect: connection refused": "errors/econnrefused",
    "connect ECONNREFUSED ::1:3000": "errors/econnrefused",
    "curl: (7) Failed to connect to localhost: Connection refused": (
        "errors/econnrefused"
    ),
    "java.net.BindException: Address already in use": "incidents/taken",
    "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)": (
        "incidents/taken"
    ),
    "socket.error: [Errno 98] Address already in use": "errors/eaddrinuse",
    "bind: permission denied": "errors/eacces",
    "ssh: connect to host 203.0.113.1 port 22: No route to host": (
        "errors/ehostunreach"
    ),
    "[Errno 48] Address already in use": "errors/eaddrinuse",
    "[Errno 36] Operation now in progress": "errors/einprogress",
    "OSError: [Errno 49] Can't assign requested address": "errors/eaddrnotavail",
    "TimeoutError: [Errno 60] Operation timed out": "errors/etimedout",
    "OSError: [Errno 57] Socket is not connected": "errors/enotconn",
    "BlockingIOError: [Errno 35] write could not complete": "errors/eagain",
    "WSAEWOULDBLOCK": "errors/eagain",
    "WSAECONNRESET": "errors/econnreset",
    "read: connection reset by peer": "errors/econnreset",
    "write: broken pipe": "errors/epipe",
    "sendto: Operation not permitted": "errors/eperm",
    "getpeername ENOTCONN": "errors/enotconn",
    "FileNotFoundError: [Errno 2] No such file or directory": "errors/paths",
}
# Questions about ports.
PORTS = {
    "port still in use after restart": "learn/restart-and-time-wait",
    "how long does TIME_WAIT last": "learn/restart-and-time-wait",
    "SO_REUSEADDR TIME_WAIT": "learn/restart-and-time-wait",
    "tcp_tw_reuse": "learn/restart-and-time-wait",
    "who is using port 8080": "learn/who-has-the-port",
    "which process has my port": "learn/who-has-the-port",
    "/proc/net/tcp inode": "learn/who-has-the-port",
    "ss shows nothing": "learn/who-has-the-port",
    "SO_REUSEADDR vs SO_REUSEPORT": "learn/reuseaddr-or-reuseport",
    "difference between SO_REUSEADDR and SO_REUSEPORT": (
        "learn/reuseaddr-or-reuseport"
    ),
    "SO_REUSEPORT load balancing": "learn/load-sharing",
    "SO_REUSEPORT lost connections": "learn/load-sharing",
    "tcp_migrate_req": "learn/load-sharing",
    "port hijacking": "learn/stolen-ports",
    "steal port SO_REUSEADDR": "learn/stolen-ports",
    "SO_EXCLUSIVEADDRUSE": "learn/stolen-ports",
    "ephemeral port exhaustion": "learn/out-of-ports",
    "run out of ports": "learn/out-of-ports",
    "ip_local_port_range": "learn/out-of-ports",
    "IP_BIND_ADDRESS_NO_PORT": "learn/out-of-ports",
    "IP_LOCAL_PORT_RANGE": "learn/out-of-ports",
    "how many connections per port": "learn/out-of-ports",
    "socket connected to itself": "learn/connected-to-itself",
    "tcp self connect": "learn/connected-to-itself",
    "simultaneous open": "learn/connected-to-itself",
    "which port may bind take": "learn/taken-ports",
}
# Questions in plain words, and the words of a beginner.
QUESTIONS = {
    "difference between bind and connect": "index",
    "bind vs connect": "index",
    "do I need bind for a client": "index",
    "what is a socket name": "learn/names",
    "getsockname getpeername": "learn/names",
    "what is 0.0.0.0": "learn/names",
    "wildcard address": "learn/names",
    "ephemeral port": "learn/out-of-ports",
    "connect without bind": "learn/implicit-names",
    "who chooses the source port": "learn/implicit-names",
    "listen backlog": "learn/listen",
    "accept new port": "learn/accept",
    "connect udp": "learn/connect-on-udp",
    "connected udp socket": "learn/connect-on-udp",
    "disconnect udp socket AF_UNSPEC": "learn/connect-on-udp",
    "udp connection refused": "learn/udp-errors",
    "unix domain socket path": "learn/unix",
    "abstract socket": "learn/unix",
    "nonblocking connect": "learn/connect-on-tcp",
    "connect twice": "learn/connect-on-tcp",
    "connect timeout": "recipes/connect-in-time",
    "how to find a free port": "recipes/free-port",
    "port 0": "recipes/free-port",
    "bind source address": "recipes/source-address",
    "choose outgoing ip address": "recipes/source-address",
    "dual stack server": "recipes/dual-stack",
    "ipv4 and ipv6 same socket": "recipes/dual-stack",
    "asyncio server": "recipes/asyncio-and-socketserver",
    "udp server example": "recipes/udp",
    "tcp client python": "recipes/tcp",
    "SO_REUSEADDR": "learn/reuseaddr-or-reuseport",
    "SO_REUSEPORT": "learn/reuseaddr-or-reuseport",
    "share a port": "reference/port-sharing",
    "state machine": "reference/state-machine",
    "explorer": "reference/explorer",
    "glossary": "reference/glossary",
    "create_server": "reference/python-calls",
    "man page wrong": "reference/manual-pages",
    "myths": "reference/beliefs",
    "stack overflow answer": "reference/popular-answers",
    "tutorial": "learn/tutorial",
    "first server": "learn/tutorial",
    "socket programming for beginners": "learn/tutorial",
}
# Topics of which a reader knows the word, not the page.
TOPICS = {
    "localhost refused but 127.0.0.1 works": "learn/localhost",
    "localhost ipv6": "learn/localhost",
    "detect dead peer": "learn/vanished-peers",
    "SO_KEEPALIVE": "learn/vanished-peers",
    "keepalive python": "learn/vanished-peers",
    "recv blocks forever": "learn/vanished-peers",
    "TCP_USER_TIMEOUT": "learn/vanished-peers",
    "SO_LINGER": "learn/close",
    "close vs shutdown": "learn/close",
    "lost data after close": "learn/close",
    "join multicast group": "learn/multicast",
    "IP_ADD_MEMBERSHIP": "learn/multicast",
    "multicast bind address": "learn/multicast",
    "bind to interface": "learn/interface",
    "SO_BINDTODEVICE": "learn/interface",
    "rp_filter": "learn/interface",
    "socket activation": "recipes/passing-a-listener",
    "LISTEN_FDS": "recipes/passing-a-listener",
    "zero downtime restart": "recipes/passing-a-listener",
    "pass socket to another process": "recipes/passing-a-listener",
    "SCM_RIGHTS": "recipes/passing-a-listener",
    "MPTCP": "learn/from-c",
    "sizeof sockaddr_in": "learn/from-c",
    "setcap port 80": "errors/eacces",
    "bind port 80 permission denied": "errors/eacces",
    "umask unix socket": "learn/unix",
    "unix socket permissions": "learn/unix",
    "bind takes a tuple TypeError": "reference/python-calls",
    "docker sysctl ip_local_port_range": "learn/containers",
    "conntrack table full": "learn/vanished-peers",
    "NAT idle timeout": "learn/vanished-peers",
    "SIO_UDP_CONNRESET": "learn/udp-errors",
    "recvfrom thread shutdown": "learn/close",
    "IP_RECVERR": "learn/udp-errors",
    "excluded port range windows": "errors/eacces",
    "sk_lookup": "learn/load-sharing",
    "EPOLLEXCLUSIVE": "recipes/passing-a-listener",
    "self connect": "learn/connected-to-itself",
    "weak host model": "learn/interface",
    "half-open connection": "learn/vanished-peers",
    "O_PATH": "learn/from-c",
}
# An error and a situation: {query: the pages that answer it}.
COMBINED = read("combined_queries.txt")
# The same for typing errors.
MISTYPED = read("mistyped_queries.txt")
QUERIES = ERRORS | PORTS | QUESTIONS | TOPICS


ANSWERS = """queries => Object.fromEntries(queries.map(query =>
  [query, siteSearch.answer(query).slice(0, 3).map(({ page }) => page)]))"""


@pytest.fixture(scope="module")
def first_hits(chromium, address):
    """{query: the pages of the first three hits}, asked of the site's own search."""
    page = chromium.new_page()
    page.goto(f"{address}search.html?q=bind")
    page.locator("#search-results a").first.wait_for()
    found = page.evaluate(ANSWERS, [*QUERIES, *COMBINED])  # all at once: half the time
    page.close()
    return found


@pytest.mark.parametrize("query", list(QUERIES)[::25])
def test_typed_question_shows_the_page_and_the_sentence(query, first_hits, open_page):
    page = open_page("index", viewport={"width": 1280, "height": 800})
    page.keyboard.press("/")
    page.keyboard.type(query)
    panel = page.locator(".search-panel")
    panel.locator("a").first.wait_for()
    assert pages_of(panel) == first_hits[query]
    page.keyboard.press("Enter")
    results = page.locator("#search-results")
    results.locator(".found-best a").wait_for()
    assert pages_of(results)[:1] == first_hits[query][:1]
    assert results.locator(".found-sentence, .found-answer").first.inner_text()


def test_the_answer_about_an_error_says_at_once_what_to_do(open_page):
    page = open_page("index", viewport={"width": 1280, "height": 800})
    page.keyboard.press("/")
    page.keyboard.type("eaddrinuse after restart")
    cures = page.locator(".search-panel .found").first.locator(".found-cures li")
    cures.first.wait_for()
    assert cures.count() == 3
    assert "restarted" in cures.first.inner_text(), (
        "the one that was asked for is first"
    )


def pages_of(place) -> list[str]:
    """The pages of the first three links."""
    links = place.locator("a").evaluate_all("all => all.map(one => one.pathname)")
    return [link.partition(".html")[0].lstrip("/") for link in links[:3]]


def test_the_keyboard_goes_through_the_answers(open_page):
    page = open_page("learn/tcp", viewport={"width": 1280, "height": 800})
    page.keyboard.press("/")
    page.keyboard.type("errno 98")
    page.locator(".search-panel a").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Escape")
    assert page.locator(".search-panel").is_hidden()
    page.keyboard.type(" ")
    page.locator(".search-panel a").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/errors/eaddrinuse.html")


def test_a_page_from_a_file_can_search_too(open_page, built_site):
    page = open_page("learn/tcp", base=f"{built_site.as_uri()}/")
    page.goto(f"{built_site.as_uri()}/search.html?q=address+already+in+use")
    page.locator("#search-results .found-best a").wait_for()
    assert page.complaints == []


@pytest.mark.parametrize(("typed", "meant"), list(MISTYPED.items()))
def test_typing_errors_are_forgiven(typed, meant, chromium, address):
    page = chromium.new_page()
    page.goto(f"{address}search.html?q=bind")
    page.locator("#search-results a").first.wait_for()
    found = page.evaluate(ANSWERS, [typed])[typed]
    page.close()
    assert set(meant) & set(found), found


def test_the_right_page_is_the_first_hit(first_hits):
    assert len(QUERIES) >= 80
    wrong = [
        f"{query}: wanted {wanted}, got {first_hits[query]}"
        for query, wanted in QUERIES.items()
        if first_hits[query][:1] != [wanted]
    ]
    assert not wrong, "\n".join(wrong)


def test_an_error_and_a_situation_find_the_page(first_hits):
    """The words of the situation count beside the error: not one of them is lost."""
    assert len(COMBINED) >= 80 and len(QUERIES) + len(COMBINED) >= 200
    first = [q for q, pages in COMBINED.items() if first_hits[q][0] in pages]
    among = [q for q, pages in COMBINED.items() if set(first_hits[q]) & set(pages)]
    missed = [f"{q}: got {first_hits[q]}" for q in COMBINED if q not in among]
    assert len(among) >= 0.95 * len(COMBINED), "\n".join(missed)
    missed = [f"{q}: got {first_hits[q]}" for q in COMBINED if q not in first]
    assert len(first) >= 0.88 * len(COMBINED), "\n".join(missed)


def test_every_errno_with_a_page_is_found_by_its_name(first_hits):
    assert all(first_hits.values()), "each query finds something"
