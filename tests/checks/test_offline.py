"""A build opens no socket: not one is made while every page is read and written."""

from tests.site.publish.test_offline import sockets_of_a_build


def test_build_of_the_whole_site_opens_no_socket(tmp_path):
    out = str(tmp_path / "html")
    status, told = sockets_of_a_build(
        tmp_path, "-c", ".", "-W", "--keep-going", "-j", "auto", "docs", out
    )
    assert told == ""
    assert status == 0
