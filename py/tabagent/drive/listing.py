"""Lists folders and searches, a page at a time, and knows the way to a folder."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from tabagent.drive.client import DriveClient
from tabagent.drive.files import FIELDS, FOLDER, DriveFile, FileKinds, file_of
from tabagent.drive.messages import GetDriveFileList
from tabagent.drive.places import PLACES, ROOT, SHARED_DRIVES, SHARED_WITH_ME
from tabagent.errors import JsonObject, JsonValue

logger = logging.getLogger(__name__)

PAGE_SIZE = 100
# Google's own limit of the depth of folders.
MAX_DEPTH = 100
ORDER = "folder,modifiedTime desc"
# Of shared drives as well as of the person's own.
_ALL_DRIVES = {"supportsAllDrives": "true", "includeItemsFromAllDrives": "true"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    """What is known of a folder.

    Attributes:
        name: Empty for places, which the panel names.
        parent: Id of the folder or place above; None at the top.
    """

    name: str
    parent: str | None


class DriveListing:
    """Answers GET_DRIVE_FILE_LIST.

    Args:
        client: Asks Google.
    """

    def __init__(self, client: DriveClient) -> None:
        self._client = client
        self._folders: dict[str, _Folder] = {}
        # Of the listing that is being paged through: Google may go round in circles, and must not make the panel do so.
        self._paging: tuple[str, str] = ("", "")
        self._tokens: set[str] = set()

    def forget(self) -> None:
        """Forget all names: somebody else may sign in."""
        self._folders.clear()
        self._tokens.clear()

    async def page(self, request: GetDriveFileList) -> JsonObject:
        """Return a page of files, folders first, with the way to the folder.

        Raises:
            TabAgentError: As of `DriveClient.get_json`.
        """
        # A search goes through the whole Drive.
        path = [] if request.query else await self._path(request.folder_id)
        if request.folder_id == SHARED_DRIVES and not request.query:
            files, token = await self._drives(request.page_token)
        else:
            files, token = await self._files(request)
        # Relevance orders what a search found; within it, folders come first all the same.
        files.sort(key=lambda file: file.kind is not FileKinds.FOLDER)
        if not request.query:
            self._learn(request.folder_id, files)
        return {
            "files": [file.to_wire() for file in files],
            "nextPageToken": self._new(request, token),
            "folderId": request.folder_id,
            "path": path,
        }

    async def _files(self, request: GetDriveFileList) -> tuple[list[DriveFile], str]:
        parameters = {
            "q": search_of(request.query) if request.query else content_of(request.folder_id),
            "pageSize": str(PAGE_SIZE),
            "fields": f"nextPageToken,files({FIELDS})",
            "spaces": "drive",
            **_ALL_DRIVES,
        }
        if not request.query:
            # Google refuses an order of what was searched for in texts.
            parameters["orderBy"] = ORDER
        if request.page_token:
            parameters["pageToken"] = request.page_token
        answer = await self._client.get_json("files", **parameters)
        return _files_of(answer.get("files")), _text(answer.get("nextPageToken"))

    async def _drives(self, page_token: str) -> tuple[list[DriveFile], str]:
        paging = {"pageToken": page_token} if page_token else {}
        answer = await self._client.get_json(
            "drives", pageSize=str(PAGE_SIZE), fields="nextPageToken,drives(id,name)", **paging
        )
        drives = answer.get("drives")
        folders = (
            [{**item, "mimeType": FOLDER} for item in drives if isinstance(item, dict)]
            if isinstance(drives, list)
            else []
        )
        return _files_of([*folders]), _text(answer.get("nextPageToken"))

    def _new(self, request: GetDriveFileList, token: str) -> str | None:
        """Return the next page's token, unless it is one of a page that was there already."""
        if not request.page_token or self._paging != (request.folder_id, request.query):
            self._tokens.clear()
            self._paging = (request.folder_id, request.query)
        self._tokens.add(request.page_token)
        if token in self._tokens and token:
            logger.warning("google's pages go round in circles; the list ends here")
        if not token or token in self._tokens:
            return None
        return token

    def _learn(self, parent: str, files: list[DriveFile]) -> None:
        for file in files:
            if file.kind is FileKinds.FOLDER and file.id != parent:
                self._folders.setdefault(file.id, _Folder(name=file.name, parent=parent))

    async def _path(self, folder_id: str) -> list[JsonValue]:
        """Return the places and folders from the top to a folder, as `{id, name}`; places have no name."""
        path: list[JsonValue] = []
        seen: set[str] = set()
        here: str | None = folder_id
        while here is not None and here not in seen and len(seen) < MAX_DEPTH:
            seen.add(here)
            if here in PLACES:
                path.append({"id": here, "name": ""})
                break
            folder = self._folders.get(here) or await self._ask(here)
            path.append({"id": here, "name": folder.name})
            here = folder.parent
        path.reverse()
        return path

    async def _ask(self, folder_id: str) -> _Folder:
        """Ask Google for a folder that no list has shown."""
        answer = await self._client.get_json(
            "files", folder_id, fields="id,name,parents,driveId,ownedByMe", supportsAllDrives="true"
        )
        parents = answer.get("parents")
        above = _text(parents[0]) if isinstance(parents, list) and parents else ""
        if above:
            parent = ROOT if above == await self._root() else above
        elif _text(answer.get("driveId")):
            parent = SHARED_DRIVES
        else:
            parent = SHARED_WITH_ME if answer.get("ownedByMe") is False else ROOT
        folder = _Folder(name=_text(answer.get("name")), parent=parent)
        self._folders[folder_id] = folder
        return folder

    async def _root(self) -> str:
        """Return Google's id of the top of "My Drive", which files name as their parent."""
        found = next((key for key, folder in self._folders.items() if folder.parent is None), None)
        if found is None:
            found = _text((await self._client.get_json("files", ROOT, fields="id")).get("id")) or ROOT
            self._folders[found] = _Folder(name="", parent=None)
        return found


def content_of(folder_id: str) -> str:
    """Return Google's query for what is in a folder or a place."""
    if folder_id == SHARED_WITH_ME:
        return "sharedWithMe = true and trashed = false"
    return f"'{quoted(folder_id)}' in parents and trashed = false"


def search_of(words: str) -> str:
    """Return Google's query for words in names and texts."""
    return f"(name contains '{quoted(words)}' or fullText contains '{quoted(words)}') and trashed = false"


def quoted(text: str) -> str:
    """Return a text that ends no quotes of a query, whatever is in it."""
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _files_of(values: JsonValue) -> list[DriveFile]:
    found = [file_of(value) for value in values] if isinstance(values, list) else []
    return [file for file in found if file is not None]


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""
