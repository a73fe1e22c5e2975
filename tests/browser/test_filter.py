"""The field of a long page leaves what has the words."""


def test_proofs_are_filtered_and_a_link_opens_its_test(open_page):
    page = open_page("proofs/udp")
    shown = page.locator("section.proof:visible")
    everything = shown.count()
    page.locator(".filter input").fill("wildcard sendto")
    assert 0 < shown.count() < everything
    assert page.locator(".filter-count").inner_text().endswith(f"of {everything}")
    page.locator(".filter input").fill("no such words at all")
    assert shown.count() == 0
    page.goto(f"{page.url}#proof-udp-connect-sends-no-packet")
    assert page.locator(":target > details").get_attribute("open") is not None


def test_a_term_stays_with_its_meaning(open_page):
    page = open_page("reference/glossary")
    page.locator(".filter input").fill("null byte")
    assert page.locator("dl.glossary > dt:visible").all_inner_texts() == [
        "abstract name"
    ]
    assert page.locator("dl.glossary > dd:visible").count() == 1


def test_without_scripts_there_is_no_field(open_page):
    page = open_page("proofs/udp", java_script_enabled=False)
    assert page.locator(".filter").is_hidden()
    assert page.locator("section.proof").first.is_visible()
