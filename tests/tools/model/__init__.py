"""Tests of the conversion of models."""
