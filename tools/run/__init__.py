"""`python3 -m tools.run`: the extension in Chromium, from nothing to a chat, or to one answer on stdout."""
