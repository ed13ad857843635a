"""Unit tests of tabagent.personal."""
