"""Tests of the build; conftest.py has a project small enough to build in each of them."""
