"""Tests of the tools, path for path."""
