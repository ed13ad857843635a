"""A local stand-in for Google's hosts, as far as Google Drive needs them.

It answers under accounts.google.com, oauth2.googleapis.com and www.googleapis.com, over TLS and by name mapping, on the
server of `tools.hub`:

    with LocalGoogle([DriveItem(id="a", name="Notes.txt", content=b"…")]) as google:
        google.faults.add("/drive/v3/files", Status(403, message="rateLimitExceeded"), times=1)

A `Status` fault's message is the reason in Google's error. `Html` serves a web page in place of JSON, and `WrongLength`
with a negative number breaks the JSON off.
"""

from tools.google.items import DriveItem
from tools.google.site import ACCOUNTS_HOST, API_HOST, OAUTH_HOST, LocalGoogle

__all__ = ["ACCOUNTS_HOST", "API_HOST", "OAUTH_HOST", "DriveItem", "LocalGoogle"]
