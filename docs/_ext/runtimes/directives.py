"""What languages and servers call, drawn from evidence/measured/runtimes.json.

```{runtimes} servers```    a table: on what each listens, with which options
```{runtimes} clients```    a table: which address of localhost each tries first
```{runtimes} surprises```  who differs from most, as a list of sentences
```{runtimes} measured```   how many, on which system, when
```{runtimes} each```       a section for each: its command, its program, its calls
"""

import re
from collections.abc import Callable, Iterable
from html import escape
from itertools import groupby

from docutils import nodes
from sphinx.application import Sphinx

from docs._ext.claims.text import words, written
from docs._ext.shared import Directive, code, html, html_table, one_of
from evidence import runtimes, store, systems
from evidence.runtimes import Listener, Runtime, Runtimes, Server

NOT_SET = '<span class="not-set">not set</span>'
AS_TOLD = " <small>as told</small>"  # our program names it
AFTER_RESTART = {
    "bound": "listens",
    "EADDRINUSE": '<span class="failed">EADDRINUSE</span>',
    "no TIME_WAIT": "not seen",
    "another port": "another port",
}


def anchor(runtime: Runtime) -> str:
    """The anchor of its section: `go-net-http-1-19`."""
    return re.sub(r"[^a-z0-9]+", "-", runtime.name.lower()).strip("-")


def link(runtime: Runtime) -> str:
    """HTML of its name, which leads to its section, and its version."""
    return (
        f'<a class="reference internal" href="#{anchor(runtime)}">'
        f"{escape(runtime.name)}</a> <small>{escape(runtime.version)}</small>"
    )


def address(listener: Listener) -> str:
    """What bind() was given: `0.0.0.0:80`, `[::]:80`; without a port if it is 0."""
    host = f"[{listener.address}]" if ":" in listener.address else listener.address
    return f"{host}:{listener.port}"


def both_families(listener: Listener) -> bool:
    """Whether a socket is for IPv6 and IPv4: `::` without IPV6_V6ONLY."""
    return listener.address == "::" and not listener.v6only


def option(value: int | None) -> str:
    """HTML of an option: the value that was set, or that it was not."""
    return NOT_SET if value is None else str(value)


def per_listener(server: Server, cell: Callable[[Listener], str]) -> str:
    """HTML of a cell with a line for each kind of socket, one if all are the same."""
    found = [cell(listener) for listener in server.listeners]
    return found[0] if len(set(found)) == 1 else "<br>".join(found)


def backlog(listener: Listener) -> str:
    """HTML: what listen() was given, and the limit that the kernel then showed."""
    if listener.backlog == listener.queue:
        return str(listener.backlog)
    return f"{listener.backlog} → {listener.queue}"


def server_cells(runtime: Runtime) -> list[str]:
    """HTML of a row of the servers' table."""
    server = runtime.server
    assert server
    addresses = "<br>".join(code(address(one)) for one in server.listeners)
    return [
        link(runtime),
        addresses + AS_TOLD * server.told_address,
        per_listener(server, lambda one: option(one.reuseaddr)),
        per_listener(server, lambda one: option(one.reuseport)),
        "<br>".join(
            "" if one.family == "IPv4" else option(one.v6only)
            for one in server.listeners
        ),
        per_listener(server, backlog) + AS_TOLD * server.told_backlog,
        AFTER_RESTART[server.restart],
    ]


def by_group(known: Iterable[Runtime]) -> list[tuple[str, list[Runtime]]]:
    """The groups in the order of the evidence."""
    return [(name, list(mine)) for name, mine in groupby(known, lambda one: one.group)]


def grouped(
    groups: list[tuple[str, list[list[str]]]], heads: list[str], which: str
) -> str:
    """HTML of a table whose rows stand under the names of their groups."""
    rows: list[list[str]] = []
    for name, lines in groups:
        rows += [[f'<span class="group">{escape(name)}</span>'], *lines]
    made = html_table(heads, rows, "runtimes-table", which)
    width = f'<th scope="rowgroup" colspan="{len(heads)}" class="group">'
    return re.sub(r'<th scope="row">(<span class="group">)', width + r"\1", made)


def servers(known: Runtimes) -> list[nodes.Node]:
    """The table of those that listen."""
    groups = [
        (name, [server_cells(one) for one in mine if one.server])
        for name, mine in by_group(known.runtimes)
    ]
    heads = ["Name", "bind()", "SO_<wbr>REUSEADDR", "SO_<wbr>REUSEPORT"]
    heads += ["IPV6_<wbr>V6ONLY", "Backlog", "Restart"]
    return [html(grouped([g for g in groups if g[1]], heads, "servers"))]


def clients(known: Runtimes) -> list[nodes.Node]:
    """The table of those that connect to localhost."""
    groups = []
    for name, mine in by_group(known.runtimes):
        lines = [
            [link(one), *(code(each) for each in one.client.order)]
            + [""] * (2 - len(one.client.order))
            for one in mine
            if one.client
        ]
        groups.append((name, lines))
    heads = ["Name", "First", "Then"]
    return [html(grouped([g for g in groups if g[1]], heads, "clients"))]


def names(found: Iterable[Runtime]) -> str:
    """Some runtimes in a sentence."""
    told = [one.name for one in found]
    return ", ".join(told[:-1]) + " and " + told[-1] if len(told) > 1 else "".join(told)


def listening(known: Runtimes, fits: Callable[[Server], bool]) -> list[Runtime]:
    """The runtimes whose server fits."""
    return [one for one in known.runtimes if one.server and fits(one.server)]


def of_servers(known: Runtimes) -> dict[str, list[Runtime]]:
    """{what: the servers of which it is so}."""

    def with_listener(test: Callable[[Listener], bool]) -> list[Runtime]:
        return listening(known, lambda server: any(map(test, server.listeners)))

    def by_itself(test: Callable[[Server], bool]) -> list[Runtime]:
        return listening(known, lambda one: not one.told_address and test(one))

    return {
        "**No `SO_REUSEADDR`**, and so `EADDRINUSE` after a restart": listening(
            known, lambda server: server.restart == "EADDRINUSE"
        ),
        "**`SO_REUSEPORT`, without being asked for it**": with_listener(
            lambda one: one.reuseport == 1
        ),
        "**One IPv6 socket for both families**": by_itself(
            lambda server: any(map(both_families, server.listeners))
        ),
        "**A socket for each family**": by_itself(
            lambda server: len(server.listeners) > 1 and server.ports == 1
        ),
        "**Two sockets with two ports**, where port 0 was asked for": listening(
            known, lambda server: server.ports > 1
        ),
        "**The loopback alone**": by_itself(
            lambda server: all(
                one.address in ("127.0.0.1", "::1") for one in server.listeners
            )
        ),
        "**`::1` alone**, where `localhost` was asked for": listening(
            known, lambda server: {one.address for one in server.listeners} == {"::1"}
        ),
        "**A backlog of five or less**": listening(
            known,
            lambda server: (
                not server.told_backlog
                and any(one.backlog <= 5 for one in server.listeners)
            ),
        ),
        "**A backlog above `net.core.somaxconn`**, which the kernel cuts without an "
        "error": with_listener(lambda one: one.backlog > one.queue),
    }


def of_clients(connecting: list[Runtime]) -> dict[str, list[Runtime]]:
    """{what: the clients of which it is so}."""

    def first_is(test: Callable[[str], bool]) -> list[Runtime]:
        return [one for one in connecting if one.client and test(one.client.order[0])]

    return {
        "**127.0.0.1 first**": first_is(lambda host: host == "127.0.0.1"),
        "**IPv4 through an IPv6 socket**, as `::ffff:127.0.0.1`": first_is(
            lambda host: host.startswith("::ffff:")
        ),
    }


def surprising(known: Runtimes) -> list[str]:
    """Sentences with those who differ; those about nobody are left out."""
    every = listening(known, lambda _: True)
    connecting = [one for one in known.runtimes if one.client]
    groups = ((of_servers(known), every), (of_clients(connecting), connecting))
    return [
        f"{what} ({len(found)} of {len(all_)}): {names(found)}."
        for told, all_ in groups
        for what, found in told.items()
        if found
    ]


def surprises(known: Runtimes) -> list[nodes.Node]:
    """The sentences, as a list."""
    made = nodes.bullet_list()
    for text in surprising(known):
        paragraph = nodes.paragraph()
        for at, part in enumerate(text.split("**")):
            inside = words(part)
            paragraph += nodes.strong("", "", *inside) if at % 2 else inside
        made += nodes.list_item("", paragraph)
    return [made]


def measured(known: Runtimes) -> list[nodes.Node]:
    """One sentence."""
    days = sorted({one.date for one in known.runtimes})
    listen = sum(one.server is not None for one in known.runtimes)
    connect = sum(one.client is not None for one in known.runtimes)
    text = (
        f"{len(known.runtimes)} languages, frameworks and servers: {listen} listen, "
        f"and {connect} connect; on {known.system}, "
        f"{systems.name(known.platform)}; last measured on {written(days[-1])}."
    )
    return [nodes.paragraph("", text, classes=["byline"])]


def told(runtime: Runtime) -> str:
    """What was seen, in words, for those who search for it."""
    said = []
    if server := runtime.server:
        for one in server.listeners:
            said.append(
                f"listens on `{address(one)}` with a backlog of {one.backlog}, "
                f"{'sets' if one.reuseaddr else 'does not set'} `SO_REUSEADDR`, "
                f"{'sets' if one.reuseport else 'does not set'} `SO_REUSEPORT`"
            )
            if both_families(one):
                said[-1] += ", and serves IPv4 too"
        said.append(f"after a restart: {runtimes.RESTARTS[server.restart]}")
    if runtime.client:
        tried = ", then ".join(f"`{each}`" for each in runtime.client.order)
        said.append(f"`connect()` to localhost tries {tried}")
    text = "; ".join(said)
    return text[:1].upper() + text[1:] + "."


def each(known: Runtimes) -> list[nodes.Node]:
    """A section for each group, and in it one for each runtime."""
    made: list[nodes.Node] = []
    for group, mine in by_group(known.runtimes):
        ids = [f"group-{re.sub(r'[^a-z]+', '-', group.lower())}"]
        section = nodes.section("", nodes.title("", group), ids=ids)
        for runtime in mine:
            title = nodes.title("", f"{runtime.name} {runtime.version}")
            part = nodes.section("", title, ids=[anchor(runtime)], classes=["runtime"])
            part += nodes.paragraph("", "", *words(told(runtime)))
            part += details(runtime)
            section += part
        made.append(section)
    return made


def details(runtime: Runtime) -> list[nodes.Node]:
    """Its commands, programs and calls, folded away."""
    made: list[nodes.Node] = [
        html(
            '<details class="program"><summary>How it was run, and its calls</summary>'
        ),
        nodes.paragraph(
            "", "", nodes.Text("Installed with "), nodes.literal("", runtime.install)
        ),
    ]
    for seen in (runtime.server, runtime.client):
        if seen is None:
            continue
        made.append(
            nodes.paragraph("", "", nodes.Text("Run: "), nodes.literal("", seen.run))
        )
        if seen.program:
            made.append(
                nodes.literal_block(seen.program, seen.program, language="text")
            )
        calls = (
            [call for one in seen.listeners for call in one.calls]
            if isinstance(seen, Server)
            else seen.calls
        )
        listed = "\n".join(calls)
        made.append(nodes.literal_block(listed, listed, language="text"))
    return [*made, html("</details>")]


SHOWN: dict[str, Callable[[Runtimes], list[nodes.Node]]] = {
    "servers": servers,
    "clients": clients,
    "surprises": surprises,
    "measured": measured,
    "each": each,
}


class RuntimesDirective(Directive):
    """Its argument is one of SHOWN."""

    required_arguments = 1

    def show(self) -> list[nodes.Node]:
        """What was asked for. Raises EvidenceError, Refused."""
        what = one_of(self.arguments[0], SHOWN)
        self.depends_on(store.measured(runtimes.FILE))
        return SHOWN[what](runtimes.load())


def setup(app: Sphinx) -> None:
    """Enter the directive."""
    app.add_directive("runtimes", RuntimesDirective)
