"""The ports on real technology (`browser`) and on dicts (`memory`); both pass the same contract tests."""
