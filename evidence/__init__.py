"""What was found, as data, and how to read it. Opens no socket: the build uses it.

`measured/` is written by `make evidence` alone, `cited/` by hand. Each module reads one
kind of it into typed records; this package imports nothing else of the project.
"""
