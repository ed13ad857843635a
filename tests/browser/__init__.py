"""Tests of the built extension in real Chromium."""
