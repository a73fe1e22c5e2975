"""Sphinx extension of this site: each module holds one family of directives.

Parsing and drawing are plain functions that know no Sphinx; directives are thin.
"""
