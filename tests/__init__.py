"""Everything that checks the project; the folders mirror the source."""
