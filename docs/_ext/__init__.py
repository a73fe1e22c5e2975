"""Sphinx extension of this site: each module holds one family of directives.

Parsing and drawing are plain functions that know no Sphinx; directives are thin.
"""

from pathlib import Path
from zlib import crc32


def metadata() -> dict:
    """What each module's setup() returns.

    The number stands for the text of the extension, so that pages read by an earlier
    version of it are read again.
    """
    here = Path(__file__).parent
    sources = sorted([*here.glob("*.py"), *here.parents[1].glob("lab/*.py")])
    return {
        "parallel_read_safe": True,
        "parallel_write_safe": True,
        "env_version": crc32(b"".join(source.read_bytes() for source in sources)),
    }
