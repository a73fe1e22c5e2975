"""Runs a snippet's doctests; a module of its own, so that another process can."""

import doctest
import importlib


def failures(snippet: str) -> int:
    """How many doctests of a snippet fail; what they print goes to stdout."""
    return doctest.testmod(importlib.import_module(f"snippets.{snippet}")).failed
