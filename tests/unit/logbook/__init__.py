"""Tests of `tabagent.logbook`."""
