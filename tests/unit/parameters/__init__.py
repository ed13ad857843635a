"""Unit tests of tabagent.parameters."""
