"""Commands for people, tests and continuous integration: `python3 -m tools.run`, `.build`, `.test`, `.bench`."""
