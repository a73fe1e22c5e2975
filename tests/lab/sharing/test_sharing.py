"""Who may share a port: measured again, predicted by the rules, held against Linux."""

from functools import partial
from pathlib import Path

import pytest

from evidence import claims, sharing, store, systems
from evidence.sharing import OPTIONS, PLACES, STATES, Pair, Side
from lab.__main__ import main
from lab.isolation import namespace
from lab.sharing import pairs

needs = pytest.mark.needs
SELFTESTS = Path(__file__).with_name("kernel_selftests.txt")
# The six sockets that bind_wildcard.c of Linux adds to its two.
OTHERS = ["0.0.0.0", "127.0.0.1", "::", "::1", "::ffff:0.0.0.0", "::ffff:127.0.0.1"]


def tcp(place: str, option: str = "no option") -> Side:
    return Side("TCP", place, option)


@pytest.fixture(scope="module")
def kept() -> dict:
    return sharing.load()


def test_every_pair_is_there(kept):
    firsts = (len(PLACES) - 2) * len(OPTIONS)  # two places cannot be bound at all
    states = sum(map(len, STATES.values()))
    seconds = len(PLACES) * len(OPTIONS) * len(STATES)
    assert len(kept["marks"]) == firsts * states * seconds == 19008
    assert store.load_dict("sharing.json")["pairs"] == 19008


@needs("private_net", "ipv6")
def test_matrix_is_measured_again(kept, differs):
    now = pairs.measure()
    different = {pair for pair in now if now[pair] != kept["marks"][pair]}
    if not different:
        return
    pair = min(different)
    complaint = (
        f"{len(different)} of {len(now)} pairs end otherwise than in the evidence, "
        f"for instance {pair}: recorded {kept['marks'][pair]}, now {now[pair]}; "
        "run `make evidence` and read the diff of evidence/sharing.json"
    )
    if kept["platform"] == systems.here():
        pytest.fail(complaint, pytrace=False)
    differs(complaint)


def test_rules_predict_every_pair(kept):
    wrong = [
        (pair, mark, sharing.answer(pair))
        for pair, mark in kept["marks"].items()
        if sharing.answer(pair)[0] != mark
    ]
    assert not wrong, f"{len(wrong)} pairs are against the rules: {wrong[:3]}"


def test_every_rule_is_a_claim_and_decides_something(kept):
    used = {sharing.answer(pair)[1] for pair in kept["marks"]}
    assert used <= claims.read().keys()
    assert len(used) == 10


def test_listen_never_fails_after_bind(kept):
    assert sharing.LISTEN_IN_USE not in kept["marks"].values()


def test_order_of_bound_sockets_does_not_matter(kept):
    marks = kept["marks"]
    bound = [pair for pair in marks if pair.state == "bound"]
    turned = {pair: Pair(pair.second, "bound", pair.first) for pair in bound}
    compared = [pair for pair in bound if turned[pair] in marks]
    assert len(compared) > 5000
    assert all(marks[pair] == marks[turned[pair]] for pair in compared)


def test_udp_shares_like_tcp_that_does_not_listen(kept):
    marks = kept["marks"]
    compared = [p for p in marks if p.first.protocol == p.second.protocol == "UDP"]
    assert len(compared) > 3000
    for pair in compared:
        first, state, second = pair
        same = Pair(
            first._replace(protocol="TCP"), state, second._replace(protocol="TCP")
        )
        assert marks[pair] == marks[same], pair


# What the kernel's own tests expect; files in tools/testing/selftests/net/.

PINNED = """
reuseaddr_conflict.c|TCP listening|127.0.0.1, SO_REUSEADDR|0.0.0.0, SO_REUSEADDR|-
reuseaddr_conflict.c|TCP listening|127.0.0.1, SO_REUSEADDR|:: V6ONLY, SO_REUSEADDR|+
bind_timewait.c|TCP TIME_WAIT|127.0.0.1, no option|127.0.0.1, no option|-
bind_timewait.c|TCP TIME_WAIT|0.0.0.0, no option|0.0.0.0, no option|-
sk_bind_sendto_listen.c|TCP connected|::, SO_REUSEADDR|::, SO_REUSEADDR|+
reuseport_dualstack.c|TCP listening|0.0.0.0, SO_REUSEPORT|::, SO_REUSEPORT|+
reuseport_dualstack.c|TCP listening|::, SO_REUSEPORT|0.0.0.0, SO_REUSEPORT|+
reuseport_dualstack.c|UDP bound|0.0.0.0, SO_REUSEPORT|::, SO_REUSEPORT|+
reuseport_dualstack.c|UDP bound|::, SO_REUSEPORT|0.0.0.0, SO_REUSEPORT|+
reuseport_addr_any.c|TCP listening|::, SO_REUSEPORT|127.0.0.1, SO_REUSEPORT|+
reuseport_addr_any.c|TCP listening|::, SO_REUSEPORT|::1, SO_REUSEPORT|+
reuseport_addr_any.c|TCP listening|::, SO_REUSEPORT|::ffff:127.0.0.1, SO_REUSEPORT|+
reuseport_addr_any.c|UDP bound|::, SO_REUSEPORT|127.0.0.1, SO_REUSEPORT|+
reuseport_addr_any.c|UDP bound|::, SO_REUSEPORT|::1, SO_REUSEPORT|+
reuseport_addr_any.c|UDP bound|::, SO_REUSEPORT|::ffff:127.0.0.1, SO_REUSEPORT|+
"""


@pytest.mark.parametrize("line", PINNED.strip().splitlines())
def test_pair_ends_as_the_kernels_selftest_expects(line, kept):
    _, first, one, two, mark = line.split("|")
    protocol, state = first.split()
    first, second = (Side(protocol, *text.split(", ")) for text in (one, two))
    assert kept["marks"][Pair(first, state, second)] == mark


def chains() -> list[tuple[list[Side], str]]:
    """(eight sockets, the expected outcomes) of each case of bind_wildcard.c."""
    found = []
    for line in SELFTESTS.read_text().splitlines():
        if line.startswith("#"):
            continue
        one, two, plain, reuse = line.split(" | ")
        for option in OPTIONS[:3]:
            sides = [tcp(one, option), tcp(two, option), *map(tcp, OTHERS)]
            found.append((sides, "+" + (plain if option == "no option" else reuse)))
    return found


def test_rules_say_what_bind_wildcard_expects():
    assert len(chains()) == 132
    for sides, expected in chains():
        bound: list[Side] = []
        for side, mark in zip(sides, expected, strict=True):
            answers = {sharing.answer(Pair(other, "bound", side))[0] for other in bound}
            assert ("-" if "-" in answers else "+") == mark, (bound, side)
            bound += [side] if mark == "+" else []


@needs("private_net", "ipv6")
def test_kernel_does_what_bind_wildcard_expects():
    sides = [sides for sides, _ in chains()]
    (marks,) = namespace.run_each(pairs.try_chains, [sides])
    assert marks == [expected for _, expected in chains()]


# The evidence file


def test_date_is_kept_while_nothing_changes(kept, monkeypatch, tmp_path):
    monkeypatch.setattr(store, "ROOT", tmp_path)
    marks = dict(kept["marks"])
    monkeypatch.setattr(sharing, "measure", lambda: marks)
    assert pairs.write() == "19008 pairs: written"
    path = tmp_path / "sharing.json"
    today = store.load_dict(path.name)["date"]
    path.write_text(path.read_text().replace(today, "2026-01-02"))
    assert pairs.write() == "19008 pairs: unchanged"
    assert sharing.load()["date"] == "2026-01-02"
    marks[next(iter(marks))] = sharing.LISTEN_IN_USE
    assert pairs.write() == "19008 pairs: written"
    assert sharing.load()["date"] == today
    assert sharing.load()["marks"] == marks


@needs("private_net")
def test_outcome_without_a_mark_is_an_error():
    pair = Pair(tcp("127.0.0.1"), "bound", tcp("192.0.2.1"))
    with pytest.raises(pairs.Surprise, match=r"bind\(\) fails with EADDRNOTAVAIL"):
        namespace.run_each(partial(pairs.try_pair, port=2000), [pair])


def test_missing_network_is_named_on_the_command_line(monkeypatch, capsys):
    reasons = {"private_net": "unshare: no"}
    monkeypatch.setattr(namespace, "abilities", lambda: reasons)
    assert main(["sharing"]) == 1
    assert "not measured: no private network" in capsys.readouterr().err
