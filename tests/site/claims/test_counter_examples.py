"""Where the site's own evidence says otherwise than a sentence on a page.

Each sentence that states or cites a claim, and says what a call gives on a kind of
socket, is looked up in the machines and in the error reference.
"""

import re

import pytest

from docs._ext.claims import wording
from docs._ext.claims.text import parse_role
from evidence import cases, claims
from tests.site.pages import pages

EVERY = tuple(cases.ERROR_KINDS)
OF_SUBJECT = {
    "tcp": ("tcp", "tcp6"),
    "udp": ("udp",),
    "unix": ("unix-stream", "unix-datagram"),
}
SENTENCE = re.compile(r"(?<=[.;:]) |^\* ")
CLAUSE = re.compile(r",? (?:and|while|but) (?=`?\w+\(\))")
CONDITION = re.compile(r"(?:If|When|Where|While|With|Without|After|Before|In) ")
GIVES_IT = re.compile(r"\b(?:gives|give) it(?: too| also| in the same way)?\b")
NAMED = re.compile(r"\b(TCP|UDP|Unix stream|Unix datagram|Unix)\b")


def spoken_of(around: str) -> tuple[str, ...]:
    """The kinds that the headings over a sentence name, or all."""
    named = NAMED.findall(around)
    return tuple(kind for word in named for kind in cases.KINDS[word]) or EVERY


def clauses(line: str, page: str) -> list[str]:
    """The parts of a line that may each say what a call gives, and what it cites.

    On the page of an error, "gives it" means that error.
    """
    whole = wording.ROLE.sub(lambda role: parse_role(role[3])[0], line)
    whole = re.sub(r"^[-*|]? *|\]\([^)]*\)|\[|\{\w+\}", "", whole)
    roles = [parse_role(role[2])[0] for role in wording.ROLE.findall(line)]
    if page.startswith("errors/e"):
        errno = page.removeprefix("errors/").upper()
        whole, *roles = (
            GIVES_IT.sub(f"fails with {errno}", text) for text in (whole, *roles)
        )
    said = [whole, *roles]
    for sentence in SENTENCE.split(whole):  # a condition is one of all clauses
        said += [sentence] if CONDITION.match(sentence) else CLAUSE.split(sentence)
    return list(dict.fromkeys(said))


def sentences():
    """(where, sentence, kinds it can mean) of all claims, and of all that cites one."""
    for claim, proof in claims.read().items():
        kinds = OF_SUBJECT.get(claim.partition(".")[0], EVERY)
        yield pytest.param(proof.sentence, kinds, id=claim)
    for page, text in pages().items():
        for number, around, claim, line in wording.cited(text):
            for said in clauses(line, page):
                if cases.case_of(said):
                    where = f"{page}:{number}:{claim}"
                    yield pytest.param(said, spoken_of(around), id=where)


@pytest.mark.parametrize(("sentence", "kinds"), list(sentences()))
def test_evidence_does_not_say_otherwise(sentence, kinds):
    case = cases.case_of(sentence, kinds)
    if case:
        found = [str(counter) for counter in cases.counters(case)]
        assert found == [], f"name this exception, or fewer kinds: {sentence}"


@pytest.mark.parametrize(
    ("sentence", "counter"),
    [
        ("`listen()` on a connected socket fails with `EINVAL`.", "udp"),
        ("`listen()` on a socket fails with `EOPNOTSUPP`.", "tcp: listen -> ok"),
        ("`bind()` on a connected socket fails with `EINVAL`.", "unix-stream: conn"),
        ("`send()` on an unconnected socket fails with `EDESTADDRREQ`.", "EPIPE"),
        ("`shutdown()` on a TCP socket fails with `ENOTCONN`.", "connect, shutdown"),
        ("`connect()` on a listening TCP socket succeeds.", "EISCONN"),
    ],
)
def test_sentence_that_is_too_wide_meets_its_counter_example(sentence, counter):
    case = cases.case_of(sentence, EVERY)
    assert case
    told = " ".join(str(found) for found in cases.counters(case))
    assert counter.lower() in told.lower()


def test_many_sentences_are_understood():
    understood = [s for s in claims.read().values() if cases.case_of(s.sentence)]
    assert len(understood) >= 15
