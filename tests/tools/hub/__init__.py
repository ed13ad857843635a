"""Tests of the local hub."""
