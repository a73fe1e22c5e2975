"""A new page appears in the sidebar of every page, of unchanged ones too."""


def test_every_page_is_written_when_the_sidebar_changes(small_site):
    small_site.without_claims()
    small_site.write("docs/index.md", "# Front\n\n```{toctree}\none\n```\n")
    small_site.write("docs/one.md", "# One\n")
    small_site.build()
    written = []
    small_site.on_write = written.append
    assert small_site.build() == "" and written == []
    small_site.write("docs/index.md", "# Front\n\n```{toctree}\none\ntwo\n```\n")
    small_site.write("docs/two.md", "# Two\n")
    assert small_site.build() == ""
    assert sorted(written) == ["index", "one", "two"]
