"""A program that needs more than a loopback is shown with the command that gives it."""

import pytest

from evidence import runs


@pytest.mark.needs("private_net")
def test_program_that_needs_a_network_is_run_in_it(small_site):
    small_site.without_claims()
    path = runs.snippet_path("names.local")
    need = "# Needs: no route to 203.0.113.1\n\nimport"
    path.write_text(path.read_text().replace("import", need, 1))
    small_site.record()
    small_site.write("docs/index.md", "# Front\n\n```{snippet} names.local\n```\n")
    assert small_site.build() == ""
    shown = "lab.isolation.networks &#x27;no route to 203.0.113.1&#x27;"
    assert shown in small_site.page()
