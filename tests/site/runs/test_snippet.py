"""A program on a page: code, what can be had of it, what it printed, what happened."""

import re
from pathlib import Path

import pytest

from docs._ext.runs.snippet import command
from evidence import runs
from lab.runs import order


@pytest.fixture
def site(small_site):
    """A small site that is about no claim."""
    small_site.without_claims()
    return small_site


def show(site, *options: str, snippet="names.local") -> str:
    """Build a page that shows a program; returns the warnings."""
    lines = "\n".join(options)
    site.write("docs/index.md", f"# Front\n\n```{{snippet}} {snippet}\n{lines}\n```\n")
    return site.build()


def test_code_output_and_download_are_shown(site):
    assert show(site, ":picture:") == ""
    page = site.page()
    assert "local address: 127.0.0.1" in page
    assert "python local.py" in page
    assert "<svg" in page and "What happened" in page
    download = next((site.folder / "html" / "_downloads").rglob("local.py"))
    assert download.read_text() == runs.snippet_path("names.local").read_text()


def test_output_can_be_left_out(site):
    assert show(site, ":no-output:") == ""
    assert "local address: 127.0.0.1" not in site.page()


def test_function_is_chosen_by_name_and_the_whole_is_copied(site):
    assert show(site, ":function: local_name") == ""
    template = site.page().partition("<template>")[2]
    code = site.page().partition('class="highlight')[2].partition("</pre>")[0]
    assert "main" not in code
    assert "__main__" in template.partition("</template>")[0]


@pytest.mark.parametrize(
    ("snippet", "options", "complaint"),
    [
        ("names.locale", [], "did you mean names.local?"),
        (
            "names.local",
            [":function: x"],
            "no function 'x'; there are: local_name, main",
        ),
        (
            "names.local",
            [":functoin: x"],
            "Unknown option key: 'functoin' (allowed:",
        ),
        ("", [], "1 argument(s) required, 0 supplied"),
    ],
)
def test_complaint_has_page_and_line(site, snippet, options, complaint):
    warnings = show(site, *options, snippet=snippet)
    assert complaint in warnings
    assert re.search(r"index\.md:[34]: ", warnings)
    assert "Traceback" not in warnings


def test_stale_recording_is_shown_under_a_banner(site):
    path = runs.snippet_path("names.local")
    path.write_text(path.read_text().replace("local address:", "address:"))
    warnings = show(site)
    assert re.search(r"stale, for snippets/names/local\.py .*: run `make ev", warnings)
    assert re.search(r"index\.md:[34]: ", warnings)
    assert '<p class="stale">' in site.page()
    assert "local address: 127.0.0.1" in site.page()


def test_page_is_read_again_when_the_lab_has_changed(site):
    source = Path(order.__file__).read_text()
    copy = site.write("lab/runs/order.py", source)
    assert show(site) == ""
    copy.write_text(f"{source}\n\n# A remark.\n")
    assert site.build() == "" and site.read == ["index"]
    copy.write_text(source.replace("NOTHING = -1", "NOTHING = -2"))
    assert "names.local is stale, for the lab changed after it" in site.build()


def test_server_that_is_no_longer_of_the_run_is_told(site):
    """The recording has nothing of it to show."""
    path = runs.snippet_path("names.local")
    need = "# Needs: late.py running; give its host and port\n\nimport"
    path.write_text(path.read_text().replace("import", need, 1))
    site.write("snippets/names/late.py", '"""A server."""\n')
    warnings = show(site, snippet="names.late")
    assert "recording of names.local is stale" in warnings
    assert "Traceback" not in warnings


def test_need_that_is_not_understood_is_told_with_the_forms(site):
    path = runs.snippet_path("names.local")
    need = "# Needs: late.py runs\n\nimport"
    path.write_text(path.read_text().replace("import", need, 1))
    warnings = show(site)
    assert "snippets/names/local.py says '# Needs: late.py runs'" in warnings
    assert all(form in warnings for form in runs.FORMS)
    assert re.search(r"index\.md:[34]: ", warnings)


@pytest.mark.needs("private_net")
def test_program_that_needs_a_network_is_run_in_it(site):
    path = runs.snippet_path("names.local")
    need = "# Needs: no route to 203.0.113.1\n\nimport"
    path.write_text(path.read_text().replace("import", need, 1))
    site.record()
    assert show(site) == ""
    assert "lab network &#x27;no route to 203.0.113.1&#x27; python" in site.page()


def test_client_is_run_with_the_address_of_its_server():
    recording = runs.load_run("recipes.tcp_client")
    assert command(recording, "recipes.tcp_server") == "python tcp_server.py"
    assert re.fullmatch(
        r"python tcp_client\.py 127\.0\.0\.1 \d{5}",
        command(recording, "recipes.tcp_client"),
    )
