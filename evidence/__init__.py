"""What was found, as data, and how to read it. Opens no socket: the build uses it.

`measured/` is written by `make evidence` alone, `cited/` by hand. A module for each
noun reads it into typed records; `store` is how, `sources` says what a result was made
by, `calls` names the calls. This package imports nothing else of the project.
"""
