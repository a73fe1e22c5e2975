"""What explain.js knows beside the evidence: names, rules, and its sentences.

They are here and not in the script so that the script stays small, and so that what
readers read stands in one place. `{}` stands for something of the pasted text.
"""

# What a line of Python calls: {name: calls that it may make, kind of socket}.
CALLS = {
    "bind": "bind",
    "_bind": "bind",
    "server_bind": "bind",
    "bind_socket": "bind",
    "bind_sockets": "bind listen",
    "create_server": "bind listen TCP",
    "start_server": "bind listen TCP",
    "create_unix_server": "bind listen Unix",
    "start_unix_server": "bind listen Unix",
    "TCPServer": "bind listen TCP",
    "HTTPServer": "bind listen TCP",
    "ThreadingHTTPServer": "bind listen TCP",
    "UDPServer": "bind UDP",
    "create_datagram_endpoint": "bind connect UDP",
    "listen": "listen",
    "server_activate": "listen",
    "accept": "accept",
    "_accept": "accept",
    "sock_accept": "accept",
    "get_request": "accept",
    "connect": "connect",
    "connect_ex": "connect",
    "sock_connect": "connect",
    "_sock_connect": "connect",
    "_sock_connect_cb": "connect",
    "_connect_sock": "connect",
    "create_connection": "connect TCP",
    "open_connection": "connect TCP",
    "open_unix_connection": "connect Unix",
    "create_unix_connection": "connect Unix",
    "getsockname": "getsockname",
    "getpeername": "getpeername",
    "shutdown": "shutdown",
    "send": "send sendto",
    "sendall": "send",
    "sock_sendall": "send",
    "sendfile": "send",
    "sendmsg": "send sendto",
    "sendto": "sendto send",
    "recv": "recv",
    "recv_into": "recv",
    "recvfrom": "recv",
    "recvfrom_into": "recv",
    "recvmsg": "recv",
    "sock_recv": "recv",
    "readinto": "recv",
    "readexactly": "recv",
    "do_handshake": "recv send",
    "getaddrinfo": "getaddrinfo",
    "gethostbyname": "getaddrinfo",
}
# What a program or the kernel's call of a log line stands for.
LOGGED = {
    "accept4": "accept",
    "read": "recv",
    "readv": "recv",
    "recvfrom": "recv",
    "recvmsg": "recv",
    "write": "send",
    "writev": "send",
    "send": "send sendto",
    "sendmsg": "send sendto",
    "sendto": "sendto send",
    "listen": "bind listen",
}
# Other words for an error, in small letters, and classes of Python.
ALIASES = {
    "ewouldblock": "EAGAIN",
    "enotsup": "EOPNOTSUPP",
    "connection reset": "ECONNRESET",
    "port is already in use": "EADDRINUSE",
    "port is in use": "EADDRINUSE",
    "is in use by another program": "EADDRINUSE",
    "connection in use": "EADDRINUSE",
    "address in use": "EADDRINUSE",
    "only one usage of each socket address": "EADDRINUSE",
    "permission to access that port": "EACCES",
    "ip address can't be assigned to": "EADDRNOTAVAIL",
    "actively refused it": "ECONNREFUSED",
    "forcibly closed by the remote host": "ECONNRESET",
}
CLASSES = {
    "ConnectionRefusedError": "ECONNREFUSED",
    "ConnectionResetError": "ECONNRESET",
    "ConnectionAbortedError": "ECONNABORTED",
    "BrokenPipeError": "EPIPE",
    "TimeoutError": "TimeoutError",
    "timeout": "TimeoutError",
    "OverflowError": "OverflowError",
}
# Errors that files and other calls give too: they need a call of a socket beside them.
COMMON = (
    "EPERM ENOENT EBADF EACCES ENODEV ENOTDIR EINVAL EMFILE ENOSPC EROFS EPIPE ELOOP "
    "ENAMETOOLONG EAGAIN OSError OverflowError TimeoutError"
)

# Regular expressions of JavaScript, in small and capital letters. Where a name has
# several, the first that fits counts.
HOST = r"\*|::|localhost|(?:\d{1,3}\.){3}\d{1,3}"
CALL = (
    "bind|listen|accept4?|connect|getsockname|getpeername|shutdown|sendto|sendmsg|send"
    "|recvfrom|recvmsg|recv|read|write"
)
STATES = (
    "ESTAB|LISTEN|UNCONN|SYN-SENT|SYN-RECV|FIN-WAIT-[12]|TIME-WAIT|CLOSE-WAIT|LAST-ACK"
    "|CLOSING|CLOSE"
)
TRACED = (
    "socketpair|socket|bind|listen|accept4?|connect|getsockname|getpeername|shutdown"
    "|send(?:to|m?msg)?|recv(?:from|m?msg)?|[gs]etsockopt|close"
)
FORMS: dict[str, tuple[str, ...]] = {
    # Host and port, or a port alone in the third group.
    "addresses": (
        r"->\[?([\d.]+|[0-9a-f:]+)\]?:(\d{1,5})\b",  # of Go: local->peer
        r"\(\s*(?:host=)?[\"']([^\"']*)[\"'],\s*(?:port=)?(\d{1,6})\b",
        r"\[([0-9a-f:.]+(?:%\w+)?)\]:(\d{1,5})\b",
        rf"(?:^|[\s\"'(=@/])({HOST}):(\d{{1,5}})\b(?![.:]\d)",
        r"\b(?:https?|tcp[46]?|redis|postgres\w*|amqp)(?::\/\/| )([\w.-]*):(\d{1,5})\b",
        r"\b(?:host|at|to|on) \"?([\w.:-]+)\"?(?: \([\d.a-f:]+\))?,? port (\d{1,5})\b",
        r"\b()()port (\d{1,5})\b",
    ),
    "path": (
        r"(?:unix:|[\"'])(@|\\0|\\x00|(?=\/))([^\"':\s]+)(?:[\"']\s*[),]|(?=[:\s]|$))",
    ),
    "numbers": (
        r"\[errno (\d+)\]|errno[:=]? ?-?(\d+)|os error (\d+)|code: (\d+),"
        r"|\((\d{1,3})(?:: |\) ?[A-Z]|\)$)",
    ),
    "resolver": (
        r"\bgaierror\b|\bENOTFOUND\b|\bEAI_[A-Z]+|name or service not known"
        r"|name resolution|nodename nor servname|getaddrinfo failed|no such host"
        r"|UnknownHostException",
    ),
    "binds": (
        r"make_sock|in use by|port is|connection in use|to access that port"
        r"|address can't be assigned",
    ),
    "noCalls": (
        r"connection (refused|reset|timed out|aborted|in use)|ECONN\w+"
        r"|(not|already) connected|Connection\w*Error",
    ),
    "named": (
        rf"\b({CALL})(?:\(\)|: [a-z])",
        r"\b(bind)(?:ing|exception)?\b",
        r"\b(listen|accept)(?:ing)?\b",
        r"(connect)|dial|failed to establish",
        r"\b(read|write|recv|send)\b",
    ),
    "prefix": (  # of a log
        r"^(?:\w{3} +\d+ [\d:]{8} \S+ \S+\[\d+\]: |[\w.-]+ +\| )",
    ),
    "group": (r"^\s*(?:\| ?|\+ (?=Exception Group))",),
    "details": (r"^\s*(at |File \"|(errno|code|syscall|address|port): )",),
    # Of strace: who, the call, or the one that is resumed; what it returned.
    "traced": (
        rf"^(?:\[pid\s+(\d+)\]\s+|(\d+)\s+)?(?:\d[\d:.]*\s+)?"
        rf"(?:({TRACED})\(|<\.\.\. ({TRACED}) resumed>)(.*)$",
    ),
    "ended": (
        r"^(.*)\)\s+=\s+(-?\d+|\?|0x[0-9a-f]+)(?:<.*>)?(?:\s+(E[A-Z0-9]+)\b.*)?",
    ),
    "row": (rf"^(?:(\w+)\s+)?({STATES})\s+(\d+)\s+(\d+)\s+(\S+:\S+)\s+(\S+:\S+)(.*)$",),
    "netstat": (
        r"^(tcp|udp)6?\s+(\d+)\s+(\d+)\s+(\S+:\S+)\s+(\S+:\S+)"
        r"\s*([A-Z][A-Z_\d]+)?\s*(?:(\d+)\/(\S+))?",
    ),
}
# How netstat spells states.
SPELT = {
    "ESTABLISHED": "ESTAB",
    "FIN-WAIT1": "FIN-WAIT-1",
    "FIN-WAIT2": "FIN-WAIT-2",
}
# What the frames of a traceback show of the standard library, and whether it sets
# SO_REUSEADDR; the first that fits.
LIBRARY = {
    "reuse_asyncio": (r"asyncio[\\/].*create_server|start_server", True),
    "reuse_http": (r"http[\\/]server\.py|HTTPServer", True),
    "reuse_not": (r"socketserver\.py", False),
    "reuse_create": (r"[\\/]socket\.py create_server|socket\.create_server", True),
}

# What speaks for a way (+) and against it (-): facts of the pasted text, all of which
# must be there (with ! must not), then the reason. The first rule that holds counts.
# explain.js finds the facts, see factsOf().
ONLY_TRACED = "- traced"
LINK_LOCAL = ("+ link-local: the address is a link-local one", "- host")
MAPPED = ("+ mapped: the address is an IPv4 address in IPv6 form", "- host")
FAMILY = ("+ family: the families of socket and address differ", "- traced", "- host")
FOREIGN = ("+ family: the families of socket and address differ", "- path")
DISABLED = ("+ v6-loopback: the address is `::1`", "- host")
ABSTRACT = ("+ abstract: the name is abstract", "- path")
BROADCAST = ("+ broadcast: the address is a broadcast address",)
OUTSIDE = (
    "+ local-loopback outside: the socket is bound to the loopback, the peer is not",
    ONLY_TRACED,
)
UNCONNECTED = ("+ unconnected: it is not connected", ONLY_TRACED)
HINTS: dict[str, tuple[str, ...]] = {
    "port_taken": (
        "- port-zero",
        "+ same: {same} in your `ss` has this very address",
    ),
    "wildcard_taken": (
        "- port-zero",
        "+ wider: {wider} in your `ss` has the port, and one of the two addresses "
        "is the wildcard",
        "- same",
    ),
    "dual_stack_taken": (
        "- v6",
        "- port-zero",
        "+ dual: {dual} in your `ss` is on `*`, which is `::` for both versions",
        "- table",
    ),
    "listener_taken": ("- old", "- alive", "- no-reuse"),
    "restart_in_time_wait": (
        "+ old: the port is in `TIME-WAIT` in your `ss`, and nobody listens",
        "- table",
        "- reuse",
        "- port-zero",
    ),
    "connection_survives": (
        "+ alive: nobody listens on the port in your `ss`, and a connection has it",
        "- table",
        "- reuse",
        "- port-zero",
    ),
    "bind_no_port_left": ("+ port-zero: port 0 was asked for", "- port"),
    "listen_no_port_left": ("+ unbound: the socket was unbound", ONLY_TRACED),
    "second_listener": ("+ bound: the socket was bound", ONLY_TRACED),
    "path_exists": ("- abstract", "+ path: the name is a path"),
    "abstract_name_taken": ABSTRACT,
    "abstract_name_unknown": ABSTRACT,
    "socket_file_left_behind": ("- abstract",),
    "file_is_no_socket": ("- abstract",),
    "bound_but_not_listening": ("- listen",),
    "address_not_local": ("+ v4: the address is one of IPv4, and not the wildcard",),
    "bind_ipv6_disabled": DISABLED,
    "connect_ipv6_disabled": DISABLED,
    "connect_no_port_left": ("- by-bind local-port",),
    "connection_exists": (
        "+ by-bind local-port: `bind()` has given the socket a port",
        ONLY_TRACED,
    ),
    "privileged_port": ("+ port-low: port {port} is below 1024", "- port"),
    "bind_confined": ("+ port !port-low: port {port} is not below 1024",),
    "bind_twice": ("+ by-bind: an earlier `bind()` succeeded", ONLY_TRACED),
    "bind_after_connect": ("+ by-connect: `connect()` came first", ONLY_TRACED),
    "bind_after_listen": ("+ by-listen: `listen()` came first", ONLY_TRACED),
    "bind_after_sendto": ("+ by-sendto: it had sent before", ONLY_TRACED),
    "bind_link_local_without_interface": LINK_LOCAL,
    "connect_link_local_without_interface": LINK_LOCAL,
    "bind_mapped_address": MAPPED,
    "connect_mapped_address": MAPPED,
    "bind_group": ("+ group: the address is a group", "- host"),
    "bind_other_family": FAMILY,
    "connect_other_family": FAMILY,
    "bind_foreign_family": FOREIGN,
    "connect_foreign_family": FOREIGN,
    "listen_while_connected": ("+ connected: it was connected", ONLY_TRACED),
    "listen_unbound": ("+ unbound: no `bind()` came before",),
    "accept_without_listen": (
        "- ended",
        "+ traced: no `listen()` came before",
    ),
    "accept_after_shutdown": ("+ ended: `shutdown()` came before", ONLY_TRACED),
    "nobody_listens": (
        "+ table !listen: no socket in your `ss` listens on this port",
        "- elsewhere",
    ),
    "listens_elsewhere": (
        "+ elsewhere: in your `ss` the port is listened on at {elsewhere}, which is "
        "another address",
        "- table",
    ),
    "syn_rejected": ("- loopback",),
    "earlier_connect_refused": ("- traced !began",),
    "syn_dropped": ("- loopback",),
    "backlog_full": ("+ loopback: the address is this machine's own",),
    "neighbour_silent": ("- loopback",),
    "connect_to_many": (
        "+ group: the address is a group",
        *BROADCAST,
        "- host",
    ),
    "connect_to_broadcast": BROADCAST,
    "sendto_broadcast": BROADCAST,
    "from_loopback_to_outside": OUTSIDE,
    "sendto_from_loopback_to_outside": OUTSIDE,
    "sendto_port_zero": ("+ port-zero: the port is 0", "- port"),
    "connect_twice": ("+ connected: an earlier `connect()` succeeded", ONLY_TRACED),
    "connect_while_listening": ("+ listening: it listens", ONLY_TRACED),
    "connect_takes_too_long": (
        "+ SO_SNDTIMEO: `SO_SNDTIMEO` is set",
        ONLY_TRACED,
    ),
    "no_peer": (
        "- listening",
        "- refused",
        "- connected",
        "+ traced: it was never connected",
    ),
    "listening_socket_has_no_peer": ("+ listening: it listens", ONLY_TRACED),
    "peer_of_a_refused_connect": (
        "+ refused !connected: its `connect()` was refused",
        ONLY_TRACED,
    ),
    "peer_reset_it": ("- traced !connected",),
    "send_without_connection": UNCONNECTED,
    "send_without_peer": UNCONNECTED,
    "send_after_shutdown": ("+ shut: `shutdown()` came before", ONLY_TRACED),
    "peer_closed": ("- unconnected", "- shut"),
    "recv_without_peer": ("- listening", *UNCONNECTED),
    "recv_on_the_listening_socket": ("+ listening: it listens", ONLY_TRACED),
    "nothing_came_in_time": ("+ SO_RCVTIMEO: `SO_RCVTIMEO` is set", ONLY_TRACED),
    "nothing_to_read": ("- SO_RCVTIMEO",),
    "sendto_does_not_connect": ("- connected",),
    "fast_open_without_waiting": ("+ fast: `MSG_FASTOPEN` is given", ONLY_TRACED),
}

WHOLE = (
    "Paste the whole traceback, with the lines of the program; or run the program "
    "under `strace -f -e trace=network`, and paste that."
)
# {name: (sentence, the claim that proves it, or nothing)}
WORDS: dict[str, tuple[str, str]] = {
    # of one error
    "other_system": (
        "The number {} is that of {}. What follows was measured on Linux; another "
        "system can have other reasons.",
        "",
    ),
    "other_name": (
        "The error is of {}. What follows was measured on Linux; another system can "
        "have other reasons.",
        "",
    ),
    "unmeasured": (
        "I cannot tell why, because no way to {} was measured here.",
        "",
    ),
    "never": ("I cannot tell why, because here {} never gave {}.", ""),
    "gave": ("Measured, it came from {}.", ""),
    "which": (
        "I cannot tell which call failed, because no line of your text names one: it "
        "can be {}.",
        "",
    ),
    "whole": (WHOLE, ""),
    "not_yet": ("This is no failure yet. {}", ""),
    "often": ("Look first at this: {}", ""),
    "fits": ("It fits: {}.", ""),
    "not_tried": ("The cure was not tried: {}.", ""),
    "two_errors": (
        "I cannot tell, because the number {} and the words {} are not of one error: "
        "on Linux {} is {}.",
        "",
    ),
    "two_systems": (
        "I cannot tell, because {} is {} on Linux and {} on macOS, and the words "
        "beside it are none that this page knows.",
        "",
    ),
    "no_errno": ("I cannot tell, because {} is no errno that this page knows.", ""),
    "no_winerror": (
        "I cannot tell, because {} is an error of Windows that this page does not "
        "know.",
        "",
    ),
    "say_system": ("Paste the lines around it, and say on which system it was.", ""),
    "resolver": (
        "The name was not found: no socket has been connected or bound yet.",
        "",
    ),
    "resolver_why": (
        "This comes from the resolver, `getaddrinfo()`. Its numbers are no errnos.",
        "errors.resolver_refuses_before_the_kernel",
    ),
    "resolver_cure": (
        "Is the host spelt right? `getent hosts NAME` asks the same files and servers.",
        "",
    ),
    "reuse_asyncio": (
        "`asyncio` sets `SO_REUSEADDR` by itself.",
        "apis.asyncio_server",
    ),
    "reuse_create": (
        "`socket.create_server()` sets `SO_REUSEADDR` by itself.",
        "apis.create_server",
    ),
    "reuse_http": ("`http.server` sets `SO_REUSEADDR` by itself.", "apis.httpserver"),
    "reuse_not": (
        "`socketserver` leaves `SO_REUSEADDR` off, unless its class says otherwise.",
        "apis.tcpserver",
    ),
    "node": ("`listen()` of Node.js calls `bind()` and `listen()` of the kernel.", ""),
    # of strace
    "any_port": (
        "`bind()` of fd {} to port 0: the kernel chose a port, and `getsockname()` "
        "tells which.",
        "names.bind_to_port_zero_chooses_a_port",
    ),
    "no_bind": (
        "`listen()` of fd {} without `bind()`: it listens on the wildcard, at a port "
        "that the kernel chose.",
        "tcp.listen_without_bind",
    ),
    "loopback": (
        "fd {} listens on the loopback alone: no other machine can reach it.",
        "tcp.listener_answers_only_at_its_address",
    ),
    "v6only": (
        "fd {} listens on `::` with `IPV6_V6ONLY`: IPv4 clients are refused.",
        "names.v6only_listener_refuses_ipv4",
    ),
    "dual_stack": (
        "fd {} listens on `::`, and holds the port for IPv4 too.",
        "sharing.ipv6_wildcard_holds_the_ipv4_port",
    ),
    "unspec": (
        "`connect()` of fd {} to `AF_UNSPEC`: what was before is over.",
        "tcp.unspec_ends_a_connection",
    ),
    "udp_connect": (
        "`connect()` of fd {} succeeded, and does not tell whether anybody is there.",
        "udp.connect_succeeds_where_nobody_receives",
    ),
    "ended_well": (
        "It ended well: `SO_ERROR` was 0 afterwards.",
        "tcp.nonblocking_connect",
    ),
    "so_error": (
        "`connect()` had begun, and `SO_ERROR` told how it ended.",
        "tcp.nonblocking_refusal_is_in_so_error",
    ),
    "surprise": ("These calls succeeded, and may surprise.", ""),
    "none_failed": ("No call failed: {} succeeded.", ""),
    "cut_calls": ("{} of the trace were cut off and not read.", ""),
    "no_calls": ("I cannot tell, because no call of the trace is complete.", ""),
    "no_calls_cure": (
        "A line of `strace` ends with ` = ` and what the call returned. Paste whole "
        "lines.",
        "",
    ),
    # of ss
    "has": ("{} has {}.", ""),
    "no_names": (
        "`ss` names programs with `-p`, and those of other users to root alone.",
        "sharing.other_users_descriptors_are_hidden",
    ),
    "time_wait": (
        "{} in `TIME-WAIT`: this end closed first, and without `SO_REUSEADDR` the port "
        "stays taken.",
        "sharing.restart_meets_time_wait",
    ),
    "minute": ("They go after a minute.", "sharing.time_wait_lasts_a_minute"),
    "alive": (
        "{} ({}) although nobody listens.",
        "sharing.open_connection_keeps_the_port",
    ),
    "through": ("{} through it: {}.", ""),
    "port_unknown": (
        "I cannot tell who has port {}: no row of your `ss` has it as local port.",
        "",
    ),
    "show_all": (
        "`ss` shows connections without being asked, listening sockets with `-l`, all "
        "with `-a`, UDP with `-u`: `ss -tuanp`.",
        "",
    ),
    "not_listed": (
        "A TCP socket that is bound and does not listen is in no table.",
        "sharing.bound_tcp_socket_is_not_in_proc",
    ),
    "other_network": (
        "Each container has a table of its own.",
        "sharing.other_network_has_its_own_table",
    ),
    "listens_there": (
        "In your `ss` somebody listens there: it began later, or `ss` was run on "
        "another machine, or in another container.",
        "sharing.other_network_has_its_own_table",
    ),
    "nobody_has_it": (
        "No row of your `ss` has this port: it was run without `-a`, too late, or in "
        "another container; or the holder is bound and does not listen.",
        "sharing.bound_tcp_socket_is_not_in_proc",
    ),
    "held": ("Port {} is held by {}.", ""),
    "held_alive": ("Nobody listens on port {}, and {} has it.", ""),
    "held_old": ("Nobody listens on port {}: it is in `TIME-WAIT`.", ""),
    "full": ("The queue of {} is full: {} does not call `accept()` soon enough.", ""),
    "full_told": (
        "{} in the queue (`Recv-Q`), and the backlog is {} (`Send-Q`).",
        "tcp.listening_socket_reports_its_queue",
    ),
    "full_size": ("A backlog of n holds n + 1.", "tcp.backlog_holds_one_more"),
    "full_drops": (
        "The next SYN is dropped, and the client waits.",
        "tcp.full_queue_drops_the_syn",
    ),
    "full_cure": (
        "Let the program accept sooner, or raise the backlog of `listen()` and the "
        "sysctl `net.core.somaxconn`.",
        "",
    ),
    "close_wait": (
        "{} has not closed {} whose peer has ended: `CLOSE-WAIT`.",
        "",
    ),
    "close_wait_to": (
        "{} has said that it sends no more: `recv()` returns `b''`, and this end can "
        "still send.",
        "tcp.shutdown_ends_one_direction",
    ),
    "close_wait_cure": (
        "It stays so until the program calls `close()`: do it where `recv()` returns "
        "nothing; `with` does it on every way out.",
        "",
    ),
    "syn_sent": ("No answer came from {}: {} in `SYN-SENT`.", ""),
    "syn_sent_full": (
        "The queue of the server is full, which is in this table too: {}.",
        "tcp.full_backlog_leaves_connect_waiting",
    ),
    "syn_sent_why": (
        "A firewall drops the SYN, the server's queue is full, or no machine is there.",
        "tcp.full_queue_drops_the_syn",
    ),
    "syn_sent_end": (
        "If nothing comes, it ends with `ETIMEDOUT`.",
        "tcp.full_queue_ends_in_etimedout",
    ),
    "waits": ("{} in `TIME-WAIT`: this end closed first.", ""),
    "waits_ports": (
        "Local ports: {}. They belong to no program, and go after a minute.",
        "sharing.time_wait_lasts_a_minute",
    ),
    "waits_cure": (
        "A server that restarts on one of them needs `SO_REUSEADDR`, in both runs.",
        "sharing.restart_needs_reuseaddr_twice",
    ),
    "who": ("{} for others; who can reach them?", ""),
    "who_loopback": (
        "This machine alone: {}.",
        "tcp.listener_answers_only_at_its_address",
    ),
    "who_four": (
        "Every IPv4 address, and none of IPv6: {}.",
        "matrix.ipv4_wildcard_is_every_ipv4_address",
    ),
    "who_both": (
        "Every address, IPv4 and IPv6, unless `IPV6_V6ONLY` is set: {}.",
        "matrix.ipv6_wildcard_is_every_address",
    ),
    "who_six": (
        "Every IPv6 address, and none of IPv4 (`IPV6_V6ONLY`): {}.",
        "names.v6only_listener_refuses_ipv4",
    ),
    "who_one": ("One address each: {}.", ""),
    "port_names": ("Some ports stand as names; `ss -n` shows the numbers.", ""),
    "no_state": (
        "I cannot tell what {} mean, because the column State is missing.",
        "",
    ),
    "no_state_cure": (
        "`ss` leaves it out where one state was asked for. Run `ss -tanp`.",
        "",
    ),
    "no_rows": (
        "I cannot tell anything, because the table has no row of TCP or UDP.",
        "",
    ),
    "no_rows_cure": (
        "Run `ss -tuanp`: all sockets of TCP and UDP, with their programs.",
        "",
    ),
    "shared": ("{} sockets have {} port {}{}: {}.", ""),
    "overlap": ("{}: they overlap, so both have {}.", ""),
    "apart": ("{} have no address in common.", ""),
    "specific": (
        "The one at the narrower address gets the connections to it.",
        "sharing.specific_listener_takes_from_the_wildcard",
    ),
    # of nothing
    "bare": (
        "I cannot tell, because {} is given by many calls, and no line of the "
        "traceback calls a socket.",
        "",
    ),
    "no_socket": ("I cannot tell: {} is no error of a socket.", ""),
    "no_socket_cure": (
        "This page knows the errors of `bind()`, `listen()`, `accept()`, `connect()`, "
        "`send()`, `recv()` and `shutdown()`.",
        "",
    ),
    "no_end": ("I cannot tell, because the end of the traceback is missing.", ""),
    "no_end_cure": (
        "The error stands in its last line, such as "
        "`OSError: [Errno 98] Address already in use`.",
        "",
    ),
    "other_calls": ("I cannot tell, because the trace has no call of a socket.", ""),
    "other_calls_cure": ("Run `strace -f -e trace=network PROGRAM`.", ""),
    "nothing": (
        "I cannot tell, because your text has no errno, no traceback, nothing of "
        "strace and no table of ss.",
        "",
    ),
    "nothing_cure": (
        "Paste the whole traceback; or what `strace -f -e trace=network PROGRAM` "
        "prints; or what `ss -tuanp` prints.",
        "",
    ),
}
