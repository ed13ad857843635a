"""Tests of the stand-in for Google."""
