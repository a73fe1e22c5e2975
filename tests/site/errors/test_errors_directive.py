"""The error reference: its directives, its pages, its search table."""

import re

import msgspec
import pytest

from docs._ext.errors import in_words
from docs._ext.publish import assets
from evidence import errors, sources, store, systems
from evidence.calls import is_errno
from evidence.errors import Errors, ManualPages, Unprovoked, Way
from tests.site import pages
from tests.site.conftest import SmallSite

ROWS = errors.load().rows
ELSEWHERE = errors.elsewhere()
ELSEWHERE_TEXT = store.cited(errors.ELSEWHERE).read_text()
NAMES = in_words.names(ROWS)
FACTS = {f.argument: f.page for f in pages.all_fences() if f.kind == "{errno-facts}"}
EVERY = [
    "{errno} EADDRINUSE",
    "{errno-facts} EADDRINUSE",
    "{errno-index}",
    "{errno-counts}",
    "{not-provoked}",
]
# What each of them reads, beside what was measured.
BY_HAND = {
    "{errno-facts} EADDRINUSE": errors.ELSEWHERE,
    "{errno-counts}": errors.MANUAL_PAGES,
    "{not-provoked}": errors.MANUAL_PAGES,
}


class ErrorSite(SmallSite):
    """A small site without recordings and proofs; it has an error, in two ways."""

    def record(self) -> None:
        systems.note()

    def prove(self, outcome: str = "passed") -> None:
        self.without_claims()
        self.write("LICENSE", "")

    def provoked(self, **fields) -> None:
        """Keep two ways as if they were from here and now; `fields` of the second."""
        two = [row for row in ROWS if row.id in ("port_taken", "second_listener")]
        first, second = map(self.from_here, two)
        second = msgspec.structs.replace(second, **fields)
        found = Errors(systems.here(), "2026-01-02", [first, second])
        store.save(store.measured(errors.FILE), found)

    def from_here(self, row: Way) -> Way:
        where = {"platform": systems.here(), "date": "2026-01-02"}
        now = errors.made_by(row.id, row.call)
        return msgspec.structs.replace(row, sources=now, **where)

    def told(self) -> None:
        """Write down something of the manual pages and of other systems."""
        found = ManualPages(
            source="man-pages",
            listed={"bind(2)": ["EACCES", "EFAULT", "ELOOP"], "unix(7)": ["EFAULT"]},
            reasons={"memory": "Not from `Python`.", "links": "No links."},
            not_provoked=[
                Unprovoked("bind(2)", "EACCES", "memory"),
                Unprovoked("bind(2)", "EFAULT", "memory"),
                Unprovoked("unix(7)", "EFAULT", "memory"),
                Unprovoked("bind(2)", "ELOOP", "links"),
            ],
        )
        self.write(f"evidence/cited/{errors.ELSEWHERE}", ELSEWHERE_TEXT)
        text = store.dump(store.plain(found))
        self.write(f"evidence/cited/{errors.MANUAL_PAGES}", text)

    def show(self, *directives: str) -> str:
        """Build the front page with these directives; returns the warnings."""
        body = "\n".join(f"```{each}\n```\n" for each in directives)
        self.write("docs/index.md", f"# Front\n\n{body}")
        return self.build()

    def text(self) -> str:
        """What the front page says, without its tags."""
        return re.sub(r"<[^>]+>", "", self.page())


@pytest.fixture
def error_site(tmp_path, monkeypatch):
    """An ErrorSite that the extension takes for the project."""
    monkeypatch.setattr(store, "ROOT", tmp_path)
    site = ErrorSite(tmp_path)
    site.begin()
    site.provoked()
    site.told()
    return site


def one_warning(warnings: str, *told: str) -> None:
    """The directive on line 3 has caused one, which says all that."""
    [line] = [line for line in warnings.splitlines() if "index.md:3: " in line]
    assert "WARNING: " in line or "ERROR: " in line
    assert all(text in line for text in told), line


def test_error_has_facts_and_a_table_of_ways(error_site):
    assert error_site.show("{errno-facts} EADDRINUSE", "{errno} EADDRINUSE") == ""
    text = error_site.text()
    assert "OSError: [Errno 98] Address already in use" in text
    assert "bind or listen: address already in use" in text
    assert "[WinError 10048] Only one usage" in text
    assert "Another socket has this address and port." in text
    assert "owner.getsockname()" in text and "cured" in text
    assert text.index("bind()") < text.index("listen()")
    assert "2026-01-02. Then the advice of the row was followed" in text


def test_program_is_the_one_that_ran(error_site):
    """It is that of the evidence, whatever the lab says today."""
    error_site.provoked(program="of_yesterday()\n")
    assert error_site.show("{errno} EADDRINUSE") == ""
    assert "of_yesterday()" in error_site.text()


def test_cure_that_was_not_tried_says_why(error_site):
    error_site.provoked(unshown="there is no second machine")
    assert error_site.show("{errno} EADDRINUSE") == ""
    assert "Not tried: there is no second machine." in error_site.text()


def test_days_and_platforms_of_the_rows_are_told(error_site):
    error_site.provoked(date="2026-05-06")
    assert error_site.show("{errno} EADDRINUSE") == ""
    assert "2026-01-02 to 2026-05-06. Then the" in error_site.text()
    error_site.provoked(platform="plan9-4-python-3.11")
    one_warning(error_site.show("{errno} EADDRINUSE"), "plan9-4-python-3.11")


def test_index_links_to_the_error(error_site):
    assert error_site.show("{errno-index}", "{errno-facts} EADDRINUSE") == ""
    assert 'href="#errno-eaddrinuse"' in error_site.page()
    assert 'id="errno-eaddrinuse"' in error_site.page()


def test_counts_and_what_is_missing(error_site):
    assert error_site.show("{errno-counts}", "{not-provoked}") == ""
    text = error_site.text()
    assert "1 errnos were provoked in 2 ways, 6 times over all kinds" in text
    assert "The man pages list 3 more, which were not provoked" in text
    assert "bind(2): EACCES, EFAULT; unix(7): EFAULT" in text
    assert "Not from Python." in text and "bind(2): ELOOP" in text
    assert '<span class="pre">Python</span>' in error_site.page()


@pytest.mark.parametrize("kind", ["{errno}", "{errno-facts}"])
def test_unknown_error_is_a_warning_with_the_known_ones(kind, error_site):
    name = kind.strip("{}")
    told = f"{name}: no error 'EBUSY' was provoked; there are: EADDRINUSE"
    one_warning(error_site.show(f"{kind} EBUSY"), told)
    one_warning(error_site.show(f"{kind} eadrinuse"), "did you mean EADDRINUSE?")


def test_argument_that_is_missing_or_too_much_is_a_warning(error_site):
    one_warning(error_site.show("{errno}"), "1 argument(s) required")
    one_warning(error_site.show("{errno-counts}\nhello"), "'errno-counts'")


@pytest.mark.parametrize("directive", EVERY[:4])
def test_measurements_that_are_missing_or_damaged_are_a_warning(directive, error_site):
    path = store.measured(errors.FILE)
    path.write_text(path.read_text().replace("Another socket", "Some socket"))
    told = f"evidence/measured/{errors.FILE}"
    one_warning(error_site.show(directive), f"{told} is damaged", store.CURE)
    path.unlink()
    one_warning(error_site.build(), f"no {told}", store.CURE)
    error_site.provoked()
    assert "[evidence]" not in error_site.build()
    assert error_site.read == ["index"]


@pytest.mark.parametrize("directive", BY_HAND)
def test_what_is_written_by_hand_is_corrected_by_hand(directive, error_site):
    path = store.cited(BY_HAND[directive])
    whole = path.read_text()
    path.write_text(whole[:-20])
    one_warning(error_site.show(directive), f"{path.name} is damaged", "by hand")
    path.unlink()
    one_warning(error_site.build(), f"no evidence/cited/{path.name}", "by hand")
    path.write_text(whole)
    assert error_site.build() == ""


@pytest.mark.parametrize("directive", ["{errno} EADDRINUSE", "{errno-index}"])
def test_stale_way_is_named_on_the_page_that_shows_it(directive, error_site):
    error_site.provoked(sources="another")
    warning = "changed since it was provoked: second_listener"
    facts = "{errno-facts} EADDRINUSE"
    one_warning(error_site.show(directive, facts), warning, store.CURE)
    assert "listen()" in error_site.text()
    error_site.provoked()
    assert error_site.build() == ""


def test_many_stale_ways_are_counted():
    stale = [msgspec.structs.replace(row, sources="another") for row in ROWS[:9]]
    told = ", ".join(row.id for row in stale[:3])
    assert in_words.staleness(stale) == f"{told} and 6 more"


def test_page_is_read_again_when_a_way_changes(error_site):
    """Its warning does not wait until somebody touches the page."""
    text = sources.CODE.joinpath("lab/errors/bind.py").read_text()
    error_site.write("lab/errors/bind.py", text)
    error_site.provoked()
    assert error_site.show("{errno} EADDRINUSE") == ""
    error_site.write("lab/errors/bind.py", text.replace("Find out who", "Find who"))
    one_warning(error_site.build(), "changed since it was provoked: port_taken:")
    assert error_site.read == ["index"]


@pytest.mark.parametrize("name", NAMES)
def test_every_error_has_its_place(name):
    """One {errno-facts} and one {errno}, on the same page, under the right heading."""
    page = FACTS.get(name)
    assert page, f"add {{errno-facts}} {name} and {{errno}} {name} to a page"
    tables = [
        f.page for f in pages.all_fences() if f.kind == "{errno}" and f.argument == name
    ]
    assert tables == [page]
    message = next(row.message for row in ROWS if row.errno == name)
    if is_errno(name):
        heading = rf"^##? {name}: {re.escape(message)}$"
        assert re.search(heading, pages.pages()[page], re.MULTILINE)


def test_numbers_of_windows_are_known_to_the_search():
    script = assets.files()["search.js"]
    known = {name: int(n) for n, name in re.findall(r"(\d+): \"(E\w+)\"", script)}
    told = {name: one.windows for name, one in ELSEWHERE.items() if one.windows}
    assert known == told and len(told) > 20


def test_style_of_the_tables_is_on_the_site():
    assert "table.errors" in assets.style()


def test_other_names_and_texts_are_told():
    def told(name: str, here: str = "") -> str:
        return in_words.on_other_systems(ELSEWHERE[name], here)

    assert "(WSAEWOULDBLOCK) on Windows" in told("EAGAIN")
    assert told("EADDRNOTAVAIL", "Cannot assign requested address").startswith(
        "[Errno 49] Can't assign requested address on macOS and"
    )
    assert told("EADDRINUSE", "Address already in use").startswith(
        "[Errno 48] on macOS and FreeBSD; [WinError 10048] Only one"
    )
    assert "on macOS; [Errno 45] " in told("EOPNOTSUPP")
    assert "Windows" not in told("EPIPE")


def test_error_without_a_number_has_only_what_python_prints():
    [timeout] = [row for row in ROWS if row.id == "accept_timed_out"]
    assert in_words.printed([timeout], None) == [("Python", "TimeoutError: timed out")]


def test_kinds_of_sockets_in_few_words():
    every = ["TCP/IPv4", "TCP/IPv6", "UDP/IPv4", "UDP/IPv6"]
    assert in_words.kinds([*every, "Unix stream", "Unix datagram"]) == "all sockets"
    assert in_words.kinds(every) == "TCP, UDP"
    assert in_words.kinds(["TCP/IPv6", "UDP/IPv6"]) == "TCP and UDP, IPv6 only"
    assert in_words.kinds([*every[:2], "Unix stream"]) == "TCP, Unix stream"
    assert in_words.kinds(["UDP/IPv4", "Unix datagram"]) == (
        "UDP over IPv4, Unix datagram"
    )
