"""Tests of the command that runs the extension."""
