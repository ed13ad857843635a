"""Places of a Drive that are no folders, under names that stand for a folder's id."""

from __future__ import annotations

# Google's own name for the top of "My Drive".
ROOT = "root"
# What others share, and the shared drives of an organization: Google has no folder for them.
SHARED_WITH_ME = "sharedWithMe"
SHARED_DRIVES = "sharedDrives"

PLACES = frozenset({ROOT, SHARED_WITH_ME, SHARED_DRIVES})
