"""Every directive and role, with evidence and without, with every slip of the pen.

Whatever is wrong, the page gets a warning with its line and what helps, and the build
goes on. The directives and roles are those that the extension registers: one that is
new has to be added to the table here.

Each build has a page for each directive, so there are few builds for many cases.
"""

import functools
import json
import operator
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from docs import _ext
from evidence import claims, store
from tests.site.conftest import SmallSite

# The evidence by kind; where a kind has several files, all are spoilt at once.
EVIDENCE = {
    "claims": "measured/claims/*.json",
    "runs": "measured/runs/*.json",
    "errors": "measured/errors.json",
    "sharing": "measured/sharing.json",
    "machines": "measured/machines/*.json",
    "platforms": "measured/platforms.json",
    "incidents": "measured/incidents/*.json",
    "runtimes": "measured/runtimes.json",
    "systems": "measured/systems/*.json",
    "differences": "cited/differences.json",
    "told": "cited/incidents.json",
    "elsewhere": "cited/errors_elsewhere.json",
    "manuals": "cited/errors_in_manual_pages.json",
    "netsem": "cited/netsem.json",
    "suites": "cited/kernel_suites.txt",
}
# What helps against evidence that is not as it should be, and against a slip.
CURE = r"make (evidence|fact|new|incidents|runtimes|systems)\b|by hand"
HINT = (
    rf"did you mean|there (are|must)\b|known|allowed: |none (of|permitted)|{CURE}"
    r"|is no `|needs? |required|different things|write |gives? |stands between"
)
# What a page is told that the other pages of its site would have to show.
OF_OTHERS = re.compile(
    r"no page (states|shows)|stated twice|duplicate label|label: '(errno|incident)-"
)


@dataclass(frozen=True)
class Use:
    """How a page uses a directive or a role, and what evidence it shows."""

    argument: str = ""  # of a role: its text
    body: str = ""
    options: dict[str, str] = field(default_factory=dict)  # those that it must have
    shows: tuple[str, ...] = ()
    silent: bool = False  # of what is stale: another one on its page warns
    wrong: tuple[tuple[str, str], ...] = ()  # arguments and bodies that lead nowhere


CLAIM, OTHER = "udp.connect_sends_no_packet", "udp.listen_fails"
SENTENCE, SAID = (claims.read()[claim].sentence for claim in (CLAIM, OTHER))
RUN = "udp.connect_sends_nothing"
API = "create_server(address) | apis.create_server_options | listener | socket..listen"
ERRORS = ("errors", "elsewhere")
ALL = ("claims", "runs", "errors", "sharing", "machines", "platforms", "incidents")
CHOICE = "a: Is it?\na yes: Do so. | {0}\na no: Do not. | {0}"
DIRECTIVES = {
    "claim": Use(CLAIM, SENTENCE, shows=("claims",), wrong=(("udp.conect", SENTENCE),)),
    "proofs": Use("udp", shows=("claims",), wrong=(("upd", ""),)),
    "decision": Use(
        "Which?",
        CHOICE.format(CLAIM),
        shows=("claims",),
        wrong=(("Which?", CHOICE.format("udp.conect")), ("Which?", "a yes b")),
    ),
    "sequence": Use(RUN, shows=("runs",), wrong=(("udp.connect_sends", ""),)),
    "scene": Use("mirrored", shows=("runs",), wrong=(("mirror", ""),)),
    "call-flow": Use(RUN, shows=("runs",), wrong=(("udp.connect_sends", ""),)),
    "live-card": Use(RUN, shows=("runs",), wrong=(("udp.connect_sends", ""),)),
    "snippet": Use(RUN, shows=("runs",), wrong=(("udp.connect_sends", ""),)),
    "api-calls": Use(
        body=API,
        shows=("runs",),
        wrong=(
            ("", API.replace("apis", "api")),
            ("", API.replace("..", ",")),
            ("", "x"),
        ),
    ),
    "system-calls": Use(),
    "shell": Use(body="ls"),
    "not-run": Use(body="ls", options={"reason": "it is not measured"}),
    "errno-facts": Use(
        "EADDRINUSE", shows=ERRORS, silent=True, wrong=(("EADRINUSE", ""),)
    ),
    "errno": Use("EADDRINUSE", shows=("errors",), wrong=(("EADRINUSE", ""),)),
    "which": Use(
        "EADDRINUSE",
        "taken: It is taken. | ss -ltn | the port | port_taken",
        shows=("errors",),
        silent=True,
        wrong=(
            ("EADDRINUSE", "taken: It is taken. | ss -ltn | the port | port_takn"),
            ("EADDRINUSE", "takn: It is taken. | ss -ltn | the port | port_taken"),
            ("EADDRINUSE", "taken: It is taken. | port_taken"),
            ("EADRINUSE", "taken: It is taken. | ss -ltn | the port | port_taken"),
        ),
    ),
    "error-field": Use(shows=ERRORS, silent=True),
    "errno-index": Use(shows=("errors",)),
    "errno-counts": Use(shows=("errors",), silent=True),
    "not-provoked": Use(shows=("manuals",)),
    "incident": Use(
        "stale-socket-file",
        shows=("incidents", "told", "platforms"),
        wrong=(("stale-socket-fil", ""), ("nothing", "")),
    ),
    "incidents-counted": Use(shows=("told",)),
    "incidents-listed": Use(shows=("told",)),
    "runtimes": Use("servers", shows=("runtimes",), wrong=(("all", ""),)),
    "systems": Use(
        "explained",
        shows=("systems", "differences", "platforms"),
        wrong=(("explaineds", ""),),
    ),
    "port-sharing": Use("question", shows=("sharing",), wrong=(("questions", ""),)),
    "machine": Use("tcp-core", shows=("machines",), wrong=(("tcp-cor", ""),)),
    "machine-figures": Use(shows=("machines",)),
    "machine-table": Use("tcp", shows=("machines",), wrong=(("tpc", ""),)),
    "machine-words": Use(
        body="Bind and listen <tcp: bind, listen>",
        shows=("machines",),
        wrong=(
            ("", "Bind <tpc: bind>"),
            ("", "Bind <tcp: bnd>"),
            ("", "tcp: bind"),
            ("", "x"),
        ),
    ),
    "explorer": Use(body="No script.", shows=("machines",)),
    "explain": Use(
        body="No script.",
        shows=("errors", "elsewhere", "sharing", "machines"),
    ),
    "netsem": Use("agrees", shows=("netsem", "machines"), wrong=(("agree", ""),)),
    "verdicts": Use(),
    "kernel-suites": Use(shows=("suites", "machines")),
    "measured": Use(shows=ALL, silent=True),
    "measured-in-short": Use(shows=ALL, silent=True),
    "schemas": Use(),
    "page-cards": Use(body="* A page.", wrong=(("", "No list."),)),
    "filter": Use("dl > dt"),
}
ROLES = {
    "claim": Use(
        f"{SAID} <{OTHER}>",
        shows=("claims",),
        wrong=((f"{SAID} <udp.conect>", ""), (f"Other. <{OTHER}>", ""), ("x", "")),
    ),
    "proved": Use(CLAIM, shows=("claims",), wrong=(("udp.conect", ""), ("so <x>", ""))),
    "walk": Use(
        "so <tcp: bind, listen>",
        shows=("machines",),
        wrong=(("so <tcp: bnd>", ""), ("so <tpc: bind>", ""), ("so", "")),
    ),
    "site": Use("all <snippets.zip>", wrong=(("all <snipets.zip>", ""),)),
}
USES = {f"{{{name}}}": use for name, use in DIRECTIVES.items()} | {
    f"{{{name}}}`": use for name, use in ROLES.items()
}


@functools.cache
def registered() -> dict[str, object]:
    """What the extension registers: `{name}` of a directive, of a role with a tick."""
    app = MagicMock()
    _ext.setup(app)
    directives = [call.args for call in app.add_directive.call_args_list]
    roles = [call.args for call in app.add_role.call_args_list]
    return {f"{{{name}}}": made for name, made, *_ in directives} | {
        f"{{{name}}}`": made for name, made, *_ in roles
    }


def test_every_directive_and_role_is_tried():
    assert USES.keys() == registered().keys(), "add it to DIRECTIVES or ROLES above"


def markup(name: str, argument: str, body: str, options: dict[str, str]) -> str:
    """How a page writes it."""
    if name.endswith("`"):
        return f"{name[:-1]}`` {argument}``"  # the space, for code that comes first
    lines = [f":{option}: {value}".rstrip() for option, value in options.items()]
    content = "\n".join([*lines, *([""] if lines and body else []), body]).rstrip()
    return f"````{name} {argument}".rstrip() + f"\n{content}\n````"


def slips() -> Iterator[tuple[str, str, str]]:
    """(name, what is wrong, how it is written) of every slip of the pen."""
    for name, use in USES.items():
        right = (name, use.argument, use.body)
        for argument, body in use.wrong:
            slip = f"{argument} {body}".strip()
            yield name, slip, markup(name, argument, body, use.options)
        if name.endswith("`"):
            continue
        if use.argument:
            yield name, "no argument", markup(name, "", use.body, use.options)
        elif not use.body:
            yield name, "an argument", markup(name, "x", "", use.options)
        else:
            yield name, "no content", markup(name, "", "", use.options)
        for option in options_of(name):
            wrong = f"{option[:-2]}x"
            text = markup(*right, use.options | {wrong: "x"})
            yield name, f":{wrong}:", text
        for option in use.options:
            left = {o: value for o, value in use.options.items() if o != option}
            yield name, f"no :{option}:", markup(*right, left)


def options_of(name: str) -> list[str]:
    """The options that a directive knows."""
    return list(getattr(registered().get(name), "option_spec", None) or {})


SLIPS = {(name, slip): text for name, slip, text in slips()}


@dataclass
class Told:
    """What a build said of one page: (line, text) of each warning, or how it broke.

    build: every warning. What is wrong with a claim is said once, where it is stated.
    """

    warnings: list[tuple[int, str]] = field(default_factory=list)
    broke: str = ""
    build: list[str] = field(default_factory=list, compare=False)


class House:
    """A site with all evidence of this one, whose pages and evidence can be spoilt."""

    def __init__(self, folder: Path) -> None:
        self.site = SmallSite(folder)
        for name in ("evidence", "snippets", "tests/claims"):
            shutil.copytree(store.ROOT / name, folder / name)

    def build(self, pages: dict[str, str], builder: str = "dummy") -> dict[str, Told]:
        """Build pages, {name: text}; what was said of each, the broken ones alone."""
        try:
            return self.built(pages, builder)
        except Exception as error:
            if len(pages) == 1:
                return {name: Told(broke=repr(error)) for name in pages}
        told = [self.build({name: text}, builder) for name, text in pages.items()]
        return functools.reduce(operator.or_, told)

    def built(self, pages: dict[str, str], builder: str) -> dict[str, Told]:
        """Build pages afresh, all at once. Raises what the build raises."""
        for folder in ("docs", "html", "doctrees"):
            shutil.rmtree(self.site.folder / folder, ignore_errors=True)
        numbers = {f"page{number}": name for number, name in enumerate(pages)}
        listed = "\n".join(numbers)
        self.site.write("docs/index.md", f"# It\n\n```{{toctree}}\n{listed}\n```\n")
        for page, name in numbers.items():
            self.site.write(f"docs/{page}.md", f"# It\n\n{pages[name]}\n")
        said = re.split(
            r"^(?=/|[A-Z]+: )", self.site.build(builder=builder), flags=re.MULTILINE
        )
        told = {name: Told(build=said) for name in pages}
        complaint = re.compile(r"/\S+/docs/(page\d+)\.md:(\d*):? *(.*)", re.DOTALL)
        for text in said:
            found = complaint.match(text)
            if found and not OF_OTHERS.search(text):
                line = int(found[2] or 0)
                told[numbers[found[1]]].warnings.append((line, found[3]))
        return told

    def spoilt(self, how: str, kind: str) -> dict[str, Told]:
        """Build a page for each use of some evidence, spoilt in one of the ways."""
        folder = self.site.folder / "evidence"
        files = list(folder.glob(EVIDENCE[kind]))
        assert files
        texts = {file: file.read_text(encoding="utf-8") for file in files}
        try:
            for file, text in texts.items():
                if (new := WAYS[how](text)) is None:
                    file.unlink()
                else:
                    file.write_text(new, encoding="utf-8")
            names = [name for name, use in USES.items() if kind in use.shows]
            return self.build({name: as_it_should(name) for name in names})
        finally:
            for file, text in texts.items():
                file.write_text(text, encoding="utf-8")


def sealed(record: dict) -> str:
    """A record with its digest, as the tool writes it."""
    body = {key: value for key, value in record.items() if key != "digest"}
    return store.dump(body | {"digest": store.digest(store.dump(body))})


def outdated(record: object) -> object:
    """A record that was made by other sources than those of today."""
    if isinstance(record, list):
        return [outdated(item) for item in record]
    if not isinstance(record, dict):
        return record
    return {
        key: "0" * 16 if key in ("source", "sources") else outdated(value)
        for key, value in record.items()
    }


# What can happen to evidence: the new text of a file, or None for no file.
WAYS = {
    "missing": lambda text: None,
    "damaged": lambda text: text[: len(text) // 2],
    "edited": lambda text: text.replace('"digest": "', '"digest": "0', 1),
    "of another shape": lambda text: sealed({"is": "not it"}),
    "stale": lambda text: sealed(outdated(json.loads(text))),
}
# Of what was written by hand nobody knows whether it is stale.
HAND_WRITTEN = {kind for kind, place in EVIDENCE.items() if place.startswith("cited")}
SPOILT = [
    (name, how, kind)
    for name, use in USES.items()
    for kind in use.shows
    for how in WAYS
    if not (kind in HAND_WRITTEN and how in ("edited", "stale"))
    if (kind, how)
    not in {
        ("platforms", "stale"),
        ("systems", "stale"),  # its parts are stale each for itself
        ("runtimes", "stale"),  # a row counts until its program is measured again
        ("suites", "of another shape"),
    }
    if not (use.silent and how == "stale")
]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """The one house for all cases; the extension takes it for the project."""
    folder = tmp_path_factory.mktemp("house")
    made = House(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "ROOT", folder)
        made.spoilt = functools.cache(made.spoilt)
        yield made


@pytest.fixture(scope="module")
def slipped(house):
    """{(name, what is wrong): what was told} of every slip."""
    return house.build(SLIPS)


@pytest.fixture(scope="module")
def right(house):
    """{name: what was told} where nothing is wrong."""
    return house.build({name: as_it_should(name) for name in USES}, "html")


def as_it_should(name: str) -> str:
    """A use with nothing wrong."""
    use = USES[name]
    return markup(name, use.argument, use.body, use.options)


def expect(told: Told, help_: str, anywhere: bool = False) -> None:
    """A warning with the line of the directive, that names what helps; no traceback."""
    assert not told.broke, f"the build ended: {told.broke}"
    texts = [text for _, text in told.warnings]
    texts += told.build if anywhere else []
    assert texts, "nothing was said"
    assert not [text for text in texts if "Traceback" in text]
    assert [text for text in texts if re.search(help_, text, re.I)], f"no cure: {texts}"
    assert {line for line, _ in told.warnings} <= set(range(3, 12)), told.warnings


@pytest.mark.parametrize("name", USES)
def test_right_use_is_shown_without_complaint(name, right):
    assert right[name] == Told()


@pytest.mark.parametrize(("name", "slip"), SLIPS)
def test_slip_is_told_with_line_and_hint(name, slip, slipped):
    expect(slipped[name, slip], HINT)


@pytest.mark.parametrize(("name", "how", "kind"), SPOILT)
def test_evidence_that_is_not_right_is_told_with_line_and_cure(name, how, kind, house):
    cure = "by hand" if kind in HAND_WRITTEN else CURE
    expect(house.spoilt(how, kind)[name], cure, anywhere=kind == "claims")
