"""What all directives share."""

import pytest

from docs._ext.shared import Refused, part_of


def test_parts_of_a_program():
    source = "import os\n\n\n@cache\ndef a():\n    return 1\n\n\ndef b(): pass\n"
    assert part_of(source, "a") == "@cache\ndef a():\n    return 1\n"
    waiting = "async def a():\n    return 1\n"
    assert part_of(waiting, "a") == waiting
    with pytest.raises(Refused, match="there are: a, b"):
        part_of(source, "c")
