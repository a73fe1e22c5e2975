"""The directive for decisions: its lines, and where its leaves lead."""

import pytest

from docs._ext.claims import decision

STATED = "{claim}``" + " `bind()` gives the local name. <names.bind_names>``\n"
LINES = """a: Sure?
a yes: Go on. | names.bind_names
a no -> b
b: Really?
b yes: Stop. | names.bind_names
b no: Wait. | names.bind_names"""


def test_each_leaf_leads_to_its_claim(small_site):
    front = "# Front\n\n```{toctree}\nproofs\n```\n\n"
    body = f"{STATED}\n```{{decision}} Which?\n{LINES}\n```\n"
    small_site.write("docs/index.md", front + body)
    small_site.write("docs/proofs.md", "# Proofs\n\n```{proofs} names\n```\n")
    assert small_site.build() == ""
    assert small_site.page().count('<a href="#claim-names-bind-names">') == 3


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (["a: Sure?", "a yes -> b"], "an answer from 'a' to 'b', which is not there"),
        (["a yes: Go. | tcp.x"], "an answer from 'a' to 'a-yes', which is not there"),
        (["a yes Go."], "'a yes Go.' is no `id: question`, `id answer -> id` or"),
    ],
)
def test_line_that_leads_nowhere_is_refused(lines, complaint):
    with pytest.raises(decision.Malformed, match=complaint):
        decision.parse(lines)
