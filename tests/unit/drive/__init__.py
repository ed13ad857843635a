"""Tests of Google Drive."""
