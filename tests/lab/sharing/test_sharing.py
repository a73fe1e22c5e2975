"""Who may share a port: measured again, predicted by the rules, held against Linux."""

from functools import partial

import pytest
from msgspec.structs import replace

from evidence import cited, claims, sharing, store, systems
from evidence.sharing import OPTIONS, PLACES, STATES, Pair, Sharing, Side
from lab.isolation import child, namespace
from lab.sharing import pairs

needs = pytest.mark.needs
# The six sockets that bind_wildcard.c of Linux adds to its two.
OTHERS = ["0.0.0.0", "127.0.0.1", "::", "::1", "::ffff:0.0.0.0", "::ffff:127.0.0.1"]


def tcp(place: str, option: str = "no option") -> Side:
    return Side("TCP", place, option)


@pytest.fixture(scope="module")
def kept() -> Sharing:
    return sharing.load()


@pytest.fixture(scope="module")
def marks(kept) -> dict[Pair, str]:
    return kept.by_pair


def test_every_pair_is_there(kept):
    firsts = (len(PLACES) - 2) * len(OPTIONS)  # two places cannot be bound at all
    states = sum(map(len, STATES.values()))
    seconds = len(PLACES) * len(OPTIONS) * len(STATES)
    assert len(kept.by_pair) == firsts * states * seconds == 19008
    assert kept.pairs == 19008
    assert list(kept.by_pair) == list(sharing.pairs())


def test_evidence_is_of_the_code_as_it_is(kept):
    assert not sharing.stale(kept)


@needs("private_net", "ipv6")
def test_matrix_is_measured_again(kept, marks, differs):
    now = pairs.measure()
    different = {pair for pair in now if now[pair] != marks[pair]}
    if not different:
        return
    pair = min(different)
    complaint = (
        f"{len(different)} of {len(now)} pairs end otherwise than in the evidence, "
        f"for instance {pair}: recorded {marks[pair]}, now {now[pair]}; "
        f"{store.cure(store.measured(sharing.FILE))}"
    )
    if kept.platform == systems.here():
        pytest.fail(complaint, pytrace=False)
    differs(complaint)


def test_rules_predict_every_pair(marks):
    wrong = [
        (pair, mark, sharing.answer(pair))
        for pair, mark in marks.items()
        if sharing.answer(pair)[0] != mark
    ]
    assert not wrong, f"{len(wrong)} pairs are against the rules: {wrong[:3]}"


def test_every_rule_is_a_claim_and_decides_something():
    used = {claim for _, claim in sharing.answers().values()}
    assert used <= claims.read().keys()
    assert len(used) == 10


def test_listen_never_fails_after_bind(marks):
    assert sharing.LISTEN_IN_USE not in marks.values()


def test_order_of_bound_sockets_does_not_matter(marks):
    bound = [pair for pair in marks if pair.state == "bound"]
    turned = {pair: Pair(pair.second, "bound", pair.first) for pair in bound}
    compared = [pair for pair in bound if turned[pair] in marks]
    assert len(compared) > 5000
    assert all(marks[pair] == marks[turned[pair]] for pair in compared)


def test_udp_shares_like_tcp_that_does_not_listen(marks):
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
def test_pair_ends_as_the_kernels_selftest_expects(line, marks):
    _, first, one, two, mark = line.split("|")
    protocol, state = first.split()
    first, second = (Side(protocol, *text.split(", ")) for text in (one, two))
    assert marks[Pair(first, state, second)] == mark


def chains() -> list[tuple[list[Side], str]]:
    """(eight sockets, the expected outcomes) of each case of bind_wildcard.c."""
    found = []
    for one, two, plain, reuse in cited.selftests():
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
    (found,) = child.run_each(pairs.try_chains, [sides])
    assert found == [expected for _, expected in chains()]


# The command


@needs("private_net")
def test_outcome_without_a_mark_is_an_error():
    pair = Pair(tcp("127.0.0.1"), "bound", tcp("192.0.2.1"))
    with pytest.raises(pairs.Surprise, match=r"bind\(\) fails with EADDRNOTAVAIL"):
        child.run_each(partial(pairs.try_pair, port=2000), [pair])


@needs("private_net")
def test_link_of_a_chain_without_a_mark_is_an_error():
    chain = [tcp("127.0.0.1"), tcp("192.0.2.1")]
    with pytest.raises(pairs.Surprise, match=r"bind\(\) fails with EADDRNOTAVAIL"):
        child.run_each(pairs.try_chains, [[chain]])


@pytest.fixture
def elsewhere(tmp_path, monkeypatch, marks):
    """A project without evidence, where measuring gives what this dict holds."""
    found = dict(marks)
    monkeypatch.setattr(store, "ROOT", tmp_path)
    monkeypatch.setattr(pairs, "measure", lambda: found)
    return found


def rewrite(**fields) -> None:
    """Give the file other fields, as an earlier run could have left them."""
    store.save(store.measured(sharing.FILE), replace(sharing.load(), **fields))


def test_day_is_kept_while_nothing_changes(elsewhere):
    assert pairs.measure_and_write(everything=False) == "19008 pairs: written"
    today = sharing.load().date
    rewrite(date="2026-01-02", sources="other code")
    assert pairs.measure_and_write(everything=True) == "19008 pairs: unchanged"
    assert sharing.load().date == "2026-01-02"
    assert sharing.load().sources == sharing.made_from()
    elsewhere[next(iter(elsewhere))] = sharing.LISTEN_IN_USE
    assert pairs.measure_and_write(everything=True) == "19008 pairs: written"
    assert sharing.load().date == today
    assert sharing.load().by_pair == elsewhere


def test_measures_only_what_is_missing_stale_or_damaged(elsewhere, monkeypatch):
    asked = []
    measure = pairs.measure
    monkeypatch.setattr(pairs, "measure", lambda: asked.append(1) or measure())
    pairs.measure_and_write(everything=False)
    assert len(asked) == 1
    told = pairs.measure_and_write(everything=False)
    assert told == "19008 pairs: still those of the code as it is"
    assert len(asked) == 1
    rewrite(sources="other code")
    pairs.measure_and_write(everything=False)
    assert len(asked) == 2
    path = store.measured(sharing.FILE)
    path.write_text(path.read_text().replace('"2026', '"2025'))
    pairs.measure_and_write(everything=False)
    assert len(asked) == 3
    pairs.measure_and_write(everything=True)
    assert len(asked) == 4


def test_platform_is_noted_only_where_the_result_is_its_own(elsewhere):
    pairs.measure_and_write(everything=True)
    assert systems.here() in systems.load()
    rewrite(platform="plan9-1.0-python-3.11")
    store.measured(systems.FILE).unlink()
    assert pairs.measure_and_write(everything=True) == "19008 pairs: unchanged"
    assert sharing.load().platform == "plan9-1.0-python-3.11"
    assert not store.measured(systems.FILE).exists()


@pytest.mark.parametrize("need", ["private_net", "ipv6"])
def test_without_a_network_nothing_is_written(tmp_path, monkeypatch, need):
    reasons = {"private_net": None, "ipv6": None, need: "the kernel said no"}
    monkeypatch.setattr(namespace, "abilities", lambda: reasons)
    monkeypatch.setattr(store, "ROOT", tmp_path)
    with pytest.raises(namespace.Missing, match="the kernel said no"):
        pairs.measure_and_write(everything=True)
    assert not list(tmp_path.rglob("*"))
