"""What the site rests on is counted, and a page with the counts is up to date."""

import json

import pytest

from docs._ext.systems import measured
from docs._ext.systems.measured import Row
from evidence import claims, machines, runs, sharing, store, systems
from evidence.systems import Platform, Platforms

PLATFORM = Platform("Linux", "6.18.44", "x86_64", "3.11.7", "2026-01-02")
ROWS = [
    Row("a & b", "1,001", "1,001 counted", ["linux-6.18-python-3.11"], "2026-01-02"),
    Row("c", "2", "2 counted", ["linux-6.18-python-3.11"], "2026-02-03"),
]


def everything(pattern: str) -> list[dict]:
    return [json.loads(p.read_text()) for p in sorted(store.measured().glob(pattern))]


def test_numbers_are_those_of_the_files():
    """Counted once more, of the whole files."""
    found = measured.rows()
    recorded = everything("runs/*.json")
    calls = sum(len(run["steps"]) for run in recorded)
    packets = sum(len(s.get("packets", [])) for run in recorded for s in run["steps"])
    (errors,) = everything("errors.json")
    learned = everything("machines/*.json")
    assert [row.how_many for row in found] == [
        f"{len(claims.read())} of {len(claims.read())}",
        f"{len(runs.snippet_ids())}, with {calls:,} calls and {packets:,} packets",
        f"{sum(len(w['sockets']) for w in errors['rows'])} times, "
        f"in {len({w['id'] for w in errors['rows']})} ways",
        f"{len(sharing.load().by_pair):,}",
        f"{sum(one['learned']['queries'] for one in learned):,}, for 10 machines",
        f"{len(everything('incidents/*.json'))}",
    ]
    assert found[1].day == max(run["date"] for run in recorded)
    assert found[4].day == max(one["date"] for one in learned)
    assert all(platform in systems.load() for row in found for platform in row.where)


def test_statement_without_a_pass_is_not_counted(monkeypatch):
    outcomes = {platform: dict(found) for platform, found in claims.outcomes().items()}
    some = next(iter(claims.read()))
    for found in outcomes.values():
        found.pop(some, None)
    monkeypatch.setattr(claims, "outcomes", lambda: outcomes)
    known = len(claims.read())
    assert measured.of_claims().how_many == f"{known - 1} of {known}"


@pytest.mark.parametrize("kind", ["runs", "machines"])
def test_damaged_file_is_named(tmp_path, monkeypatch, kind):
    """Also where only some of its fields are read."""
    paths = {"runs": runs.run_path("a.b"), "machines": machines.path_of("udp-core")}
    source = store.measured(kind)
    whole = next(iter(sorted(source.glob("*.json")))).read_text()
    monkeypatch.setattr(store, "ROOT", tmp_path)
    monkeypatch.setattr(runs, "run_ids", lambda: ["a.b"])
    monkeypatch.setattr(machines, "NAMES", ["udp-core"])
    path = tmp_path / paths[kind].relative_to(source.parents[2])
    path.parent.mkdir(parents=True)
    count = {"runs": measured.of_runs, "machines": measured.of_machines}[kind]
    with pytest.raises(store.EvidenceError, match=f"no evidence/measured/{kind}/"):
        count()
    path.write_text(whole.replace('"bind', '"bound', 1))
    with pytest.raises(store.EvidenceError, match="`digest` is not that of the rest"):
        count()


@pytest.fixture
def site(small_site, monkeypatch):
    """A site with a page of counts, and one without; the counts are ROWS."""
    small_site.without_claims()
    small_site.write("LICENSE", "")
    store.save(
        store.measured("platforms.json"), Platforms({ROWS[0].where[0]: PLATFORM})
    )
    text = "# Front\n\n```{measured}\n```\n\n```{measured-in-short}\n```\n"
    small_site.write("docs/index.md", text)
    small_site.write("docs/b.md", "---\norphan: true\n---\n\n# Other\n")
    monkeypatch.setattr(measured, "rows", lambda: ROWS)
    return small_site


@pytest.fixture(autouse=True)
def unrecorded(monkeypatch):
    """A site whose pages show no program needs none to be recorded."""
    monkeypatch.setattr("lab.runs.recorder.record", lambda run: None, raising=False)


def test_page_shows_what_how_many_where_and_when(site):
    assert site.build() == ""
    page = site.page()
    assert '<th scope="row">a &amp; b</th><td>1,001</td>' in page
    assert "<td>1,001</td><td>2 January 2026</td>" in page
    assert '<p class="byline">On Linux 6.18.44, Python 3.11.7.</p>' in page
    assert (
        "<li><strong>1,001</strong> counted</li><li><strong>2</strong> counted</li>"
        in page
    )
    assert "On Linux 6.18.44, Python 3.11.7, last on 3 February 2026." in page


def test_page_is_read_again_only_when_it_would_show_something_else(site, monkeypatch):
    site.build()
    assert sorted(site.read) == ["b", "index"]
    site.write("evidence/measured/runs/a.b.json", "{}")
    assert site.build() == ""
    assert site.read == []
    monkeypatch.setattr(measured, "rows", lambda: ROWS[:1])
    assert site.build() == ""
    assert site.read == ["index"]
    assert "<strong>2</strong> counted" not in site.page()


def test_evidence_that_cannot_be_read_is_a_complaint_until_it_can(site, monkeypatch):
    def damaged() -> list[Row]:
        raise store.EvidenceError("x.json is damaged: mend it")

    with monkeypatch.context() as broken:
        broken.setattr(measured, "rows", damaged)
        for _ in range(2):
            warnings = site.build()
            assert "index.md:3: WARNING: measured: x.json is damaged" in warnings
            assert "index.md:6: WARNING: measured-in-short: x.json is" in warnings
    assert site.build() == ""
    assert "<strong>1,001</strong> counted" in site.page()


def test_unknown_platform_is_a_complaint(site, monkeypatch):
    odd = [replace_where(row, ["plan9-4.0-python-2.5"]) for row in ROWS]
    monkeypatch.setattr(measured, "rows", lambda: odd)
    assert "does not know 'plan9-4.0-python-2.5': run `make evidence`" in site.build()


def replace_where(row: Row, where: list[str]) -> Row:
    return Row(row.what, row.how_many, row.short, where, row.day)
