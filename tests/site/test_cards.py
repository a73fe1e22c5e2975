"""The card of a socket says in text what its colours say."""

from docs._ext.cards import card


def test_empty_and_wildcard_are_said_in_text():
    shown = card([["0.0.0.0", 80], None])
    assert ">*:80<" in shown and 'class="slot peer empty"' in shown


def test_title_stands_before_the_slots():
    shown = card([None, None], "a & b")
    assert shown.startswith('<span class="card"><span class="card-title">a &amp; b<')
