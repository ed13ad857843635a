"""Tests of `tabagent.windows`."""
