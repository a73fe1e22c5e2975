"""A build looks at the source files once, not for each digest that it asks for."""

from collections import Counter

from evidence import sources


def test_source_files_are_looked_at_once_in_a_build(small_site, monkeypatch):
    looked = []
    real = sources.python_files

    def noted(folder):
        looked.append(folder)
        return real(folder)

    monkeypatch.setattr(sources, "python_files", noted)
    small_site.write(
        "docs/index.md", "# F\n\n" + "```{snippet} names.local\n```\n\n" * 5
    )
    small_site.without_claims()
    small_site.build()
    assert set(Counter(looked).values()) == {1}
    looked.clear()
    sources.stamps()
    assert looked, "after a build the files are looked at again"
    small_site.write("snippets/names/local.py", "# another program\n")
    assert any(name == "snippets.names.local" for name, *_ in sources.stamps())
