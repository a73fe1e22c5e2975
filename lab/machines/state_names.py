"""Names that a person would give to the states of a learned machine."""

BOUND = {  # by what was bound
    "asked": "bound",
    "shared": "bound to shared",
    "@chosen": "bound to a chosen name",
}


def name_states(learned: dict) -> list[str]:
    """A name for each state, from what the kernel says and what the calls do there.

    Where two states would share a name, they are numbered by their shortest words.
    """
    does: list[dict[str, list]] = [{} for _ in learned["states"]]
    for state, given, *output, after in learned["transitions"]:
        does[state][given] = [*output, after]

    def calm(number: int) -> int:
        """The state, after reading a pending error, which hides what calls would do."""
        pending = learned["states"][number]["facts"]["pending"]
        if pending and "read_error" in does[number]:
            return does[number]["read_error"][3]
        return number

    def undone(number: int) -> int:
        """The state after connect() has been undone, if it can be."""
        undo = does[number].get("disconnect", [""])
        return undo[3] if undo[0] == "ok" else number

    def held(number: int) -> bool:
        """Whether something else on its port keeps the socket from listening."""
        calls = (does[state].get("listen", [""]) for state in (number, undone(number)))
        return any(told[0] == "EADDRINUSE" for told in calls)

    def holder(number: int) -> str:
        """Who keeps the socket from listening; a new connection ends a TIME_WAIT."""
        if not held(number):
            return ""
        if does[number].get("owner_listens", [""])[0] == "nothing: it listens already":
            return "the owner listens"
        again = does[undone(number)]["connect"]
        gone = again[0] == "ok" and not held(undone(again[3]))
        return f"its {'TIME_WAIT' if gone else 'client'} holds the port"

    seen: dict[str, int] = {}
    names = []
    for number, state in enumerate(learned["states"]):
        calls = does[number]
        outcome = {given: output[0] for given, output in calls.items()}
        for given in {"recv", "send"} & calls.keys():
            outcome[given] = does[calm(number)][given][0]
        stays = {given for given, output in calls.items() if output[3] == number}
        local = learned["states"][undone(number)]["names"][0]
        name = name_state(state, outcome, local, stays)
        name += ahead(name, outcome, does[calm(calls["connect"][3])])
        who = holder(number)
        name += f", {who}" if who else ""
        if state["facts"].get("reuse") and "shared" not in name:
            late = "a client waits" in name and held(calls["accept"][3])
            name += ", SO_REUSEADDR since it came" if late else ", SO_REUSEADDR"
        seen[name] = seen.get(name, 0) + 1
        names.append(f"{name} ({seen[name]})" if seen[name] > 1 else name)
    return names


def ahead(name: str, outcome: dict[str, str], connected: dict[str, list]) -> str:
    """What a state hides until connect() has been called: an end of a connection that
    shutdown() has closed before there was one.
    """
    if "connected" in name or outcome["connect"] != "ok":
        return ""
    hidden = {"send": ("EPIPE", "sending"), "recv": ("end of file", "reading")}
    return "".join(
        f", {what} shut down"
        for call, (told, what) in hidden.items()
        if connected.get(call, [""])[0] == told and f"{what} shut" not in name
    )


def name_state(
    state: dict, outcome: dict[str, str], bound_to: str, stays: set[str] = frozenset()
) -> str:
    """One name: what was bound, what the socket is, what waits, what is pending.

    outcome: what each input gives. bound_to: the local name without the connection.
    stays: the inputs that change nothing.

    >>> facts = {"listening": True, "waiting": False, "pending": None}
    >>> name_state({"names": ["*:chosen", "—"], "facts": facts}, {}, "*:chosen")
    'listening'
    """
    facts, (local, peer) = state["facts"], state["names"]
    words = []
    if home := BOUND.get(bound_to.rpartition(":")[2]):
        words.append("bound to any" if bound_to.startswith("*") else home)
    if what := condition(facts, peer, outcome):
        words.append(what)
    elif not words:
        free = outcome.get("bind") == "ok"
        words.append("unbound" if free else "bound by the kernel")
        if free and local != "—":
            old = "port" if local.startswith("*") else "name"
            words.append(f"an old {old} shown")
    connected = "connected" in what
    if connected and "tcp" in facts and outcome.get("connect") == "ok":
        words.append("connect() not yet told")
    if facts["waiting"] or outcome.get("accept") == "a client":
        words.append(waiting(facts, outcome.get("recv", "")))
    closed = "has closed" in what
    if not closed and "shutdown_read" in stays and outcome["shutdown_read"] == "ok":
        words.append("reading shut down")
    elif outcome.get("recv") == "end of file" and not closed:
        words.append("end of file")
    shut = outcome.get("send") == "EPIPE"
    if shut and "shut" not in what and not (closed and "tcp" not in facts):
        if connected and "tcp" in facts:
            words.append("sending shut down, peer not told")
        elif connected or "tcp" not in facts:
            words.append("sending shut down")
    if "tcp" not in facts and outcome.get("connect") == "ECONNREFUSED":
        words.append("server closed")
    if facts["pending"] and what != "refused":
        words.append(f"{facts['pending']} pending")
    if "tcp" in facts and what and local.startswith("*") and not facts["listening"]:
        words.append("its address forgotten")
    return ", ".join(words)


def condition(facts: dict, peer: str, outcome: dict[str, str]) -> str:
    """What the socket is, beyond bound or unbound; "" if it is no more than that."""
    if facts["listening"]:
        return "listening"
    if "tcp" not in facts:
        if peer == "server" and outcome.get("peer_closes") == "nothing: no peer":
            return "connected, peer has closed"
        named = {"—": "", "server": "connected", "EINVAL": ""}
        return named.get(peer, f"connected to {peer}")
    again = outcome.get("connect", "ok")
    if facts["tcp"] == "CLOSE" and again != "ok":
        told = {"EISCONN": "ended", "ECONNREFUSED": "refused"}
        return told.get(again, f"connect() will give {again}")
    return {
        "CLOSE": "",
        "ESTABLISHED": "connected",
        "CLOSE_WAIT": "connected, peer has closed",
        "FIN_WAIT2": "connected, sending shut down",
    }.get(facts["tcp"], facts["tcp"])


def waiting(facts: dict, received: str) -> str:
    """What waits to be taken, in words."""
    if facts["listening"]:
        return "a client waits"
    if received.startswith("from "):
        return f"a datagram {received} waits"
    return "a byte waits"
