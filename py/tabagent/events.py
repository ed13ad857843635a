"""Names of every message that crosses a context border: the one source, for Python and JavaScript.

The build turns the enumerations below into `events.js`, so that the panel and the service worker use the same
constants; no other file of either language may spell an event's value out. Names and values are those of the
migration plan (`eventNames.ts` of the original extension). What is new here is marked "new".
"""

from __future__ import annotations

from enum import StrEnum


class WorkerEventNames(StrEnum):
    """Events of the model's life, published by the background to every connected page."""

    WORKER_SCRIPT_READY = "workerScriptReady"
    WORKER_READY = "workerReady"
    LOADING_STATUS = "loadingStatus"
    GENERATION_STATUS = "generationStatus"
    GENERATION_UPDATE = "generationUpdate"
    GENERATION_COMPLETE = "generationComplete"
    GENERATION_STOPPED = "generationStopped"
    GENERATION_ERROR = "generationError"
    STOP_GENERATION = "stopGeneration"
    RESET_COMPLETE = "resetComplete"
    ERROR = "error"
    UNINITIALIZED = "uninitialized"
    CREATING_WORKER = "creating_worker"
    LOADING_MODEL = "loading_model"
    MODEL_READY = "model_ready"
    GENERATING = "generating"
    IDLE = "idle"
    WORKER_ENV_READY = "workerEnvReady"
    INIT = "init"
    GENERATE = "generate"
    RESET = "reset"
    SET_BASE_URL = "setBaseUrl"
    SET_ENV_CONFIG = "setEnvConfig"
    MANIFEST_UPDATED = "manifestUpdated"
    INFERENCE_SETTINGS_UPDATE = "inferenceSettingsUpdate"
    MEMORY_STATS = "memoryStats"
    REQUEST_MEMORY_STATS = "requestMemoryStats"
    HUGGINGFACE_LOGIN = "huggingfaceLogin"
    HUGGINGFACE_LOGOUT = "huggingfaceLogout"
    MODEL_SOURCE_SELECTION = "modelSourceSelection"
    CLEAR_CACHE = "clearCache"
    CACHE_CLEARED = "cacheCleared"
    UI_CONNECTED = "uiConnected"
    UI_DISCONNECTED = "uiDisconnected"
    UI_PING = "uiPing"
    UI_PONG = "uiPong"
    # The original sent this as a bare literal that no page handled.
    FATAL_ERROR = "FATAL_ERROR"


class UIEventNames(StrEnum):
    """Events that a page shows to the person."""

    MODEL_WORKER_LOADING_PROGRESS = "modelWorkerLoadingProgress"
    # new: bytes, speed and time left of a download, a check or an import, per file and in all
    MODEL_DOWNLOAD_PROGRESS = "ui:modelDownloadProgress"
    MODEL_ALREADY_LOADED = "ui:modelAlreadyLoaded"
    MODEL_SELECTION_CHANGED = "ui:modelSelectionChanged"
    REQUEST_MODEL_EXECUTION = "ui:requestModelExecution"
    WORKER_STATE_CHANGED = "worker:stateChanged"
    SHOW_HUGGINGFACE_LOGIN_DIALOG = "ui:showHuggingFaceLoginDialog"
    # new: the library of system prompts is another one; data was erased
    PROMPTS_CHANGED = "ui:promptsChanged"
    DATA_ERASED = "ui:dataErased"
    # new: what was logged, while a page follows it
    LOG_ENTRIES_ADDED = "ui:logEntriesAdded"
    # new: something was attached by the context menu; TAKE_ATTACHMENTS hands it out
    ATTACHMENT_ADDED = "ui:attachmentAdded"


class RuntimeMessageTypes(StrEnum):
    """Requests of pages to the background; each gets exactly one reply."""

    LOAD_MODEL = "loadModel"
    SEND_CHAT_MESSAGE = "sendChatMessage"
    INTERRUPT_GENERATION = "interruptGeneration"
    RESET_WORKER = "resetWorker"
    GET_MODEL_WORKER_STATE = "getModelWorkerState"
    CHECK_BACKGROUND_READY = "checkBackgroundReady"
    # new: the models that are stored or suggested, with sizes and states
    LIST_MODELS = "listModels"
    # new: asks the hub which files and dtypes a repository has
    INSPECT_MODEL = "inspectModel"
    # new: models of the hub that fit some words, with sizes and dtypes
    SEARCH_MODELS = "searchModels"
    # new: the store's files, without loading the model
    DOWNLOAD_MODEL = "downloadModel"
    PAUSE_DOWNLOAD = "pauseDownload"
    CANCEL_DOWNLOAD = "cancelDownload"
    CHECK_MODEL = "checkModel"
    DELETE_MODEL = "deleteModel"
    # new: models as one file, and back
    EXPORT_MODELS = "exportModels"
    IMPORT_MODELS = "importModels"
    # new: the settings of all chats, of one model and of the machine's resources
    GET_SETTINGS = "getInferenceSettings"
    SAVE_SETTINGS = "saveInferenceSettings"
    # new: who is logged in at the hub, and where models come from
    GET_ACCOUNT = "getAccount"
    BEGIN_OAUTH_LOGIN = "beginOauthLogin"
    # new: the library of system prompts
    GET_PROMPTS = "getPrompts"
    SAVE_PROMPT = "savePrompt"
    DELETE_PROMPT = "deletePrompt"
    # new: all that is kept, and its end
    GET_STORED_DATA = "getStoredData"
    ERASE_DATA = "eraseData"
    GET_DRIVE_FILE_LIST = "getDriveFileList"
    # new: the rest of Google Drive
    GET_DRIVE_ACCOUNT = "getDriveAccount"
    BEGIN_DRIVE_LOGIN = "beginDriveLogin"
    DRIVE_LOGIN = "driveLogin"
    DRIVE_LOGOUT = "driveLogout"
    INSERT_DRIVE_FILE = "insertDriveFile"
    GET_LOG_SESSIONS = "getLogSessions"
    GET_LOG_ENTRIES = "getLogEntries"
    # new: what was logged, as a file
    EXPORT_LOGS = "exportLogs"
    DETACH_SIDE_PANEL = "detachSidePanel"
    GET_DETACHED_STATE = "getDetachedState"
    RESTORE_LAST_STATE = "restoreLastState"
    GET_DB_READY_STATE = "getDbReadyState"
    # new: questions and answers that the background stores
    ASK_QUESTION = "askQuestion"
    ANSWER_AGAIN = "answerAgain"
    CONTINUE_ANSWER = "continueAnswer"
    SELECT_BRANCH = "selectBranch"
    # new: the other ways to use stored chats
    SEARCH_CHATS = "searchChats"
    RESTORE_CHAT = "restoreChat"
    EXPORT_CHATS = "exportChats"
    IMPORT_CHATS = "importChats"
    # reads a page of a tab, or of an address, into an attachment
    SCRAPE_REQUEST = "scrapeRequest"
    # new: what is attached to the question that is being written
    ADD_ATTACHMENT = "addAttachment"
    REMOVE_ATTACHMENT = "removeAttachment"
    GET_ATTACHMENT = "getAttachment"
    # new: attachments that came by the context menu, for the panel of that window
    TAKE_ATTACHMENTS = "takeAttachments"
    # new: the tabs that can be read
    LIST_TABS = "listTabs"
    # new: an event of `chrome`, which only the service worker hears and hands on
    CHROME_EVENT = "chromeEvent"


class DBEventNames(StrEnum):
    """Requests to the databases of chats and logs, their replies, and what tells of changes."""

    DB_GET_SESSION_REQUEST = "DbGetSessionRequest"
    DB_GET_SESSION_RESPONSE = "DbGetSessionResponse"
    DB_ADD_MESSAGE_REQUEST = "DbAddMessageRequest"
    DB_ADD_MESSAGE_RESPONSE = "DbAddMessageResponse"
    DB_UPDATE_MESSAGE_REQUEST = "DbUpdateMessageRequest"
    DB_UPDATE_MESSAGE_RESPONSE = "DbUpdateMessageResponse"
    DB_UPDATE_STATUS_REQUEST = "DbUpdateStatusRequest"
    DB_UPDATE_STATUS_RESPONSE = "DbUpdateStatusResponse"
    DB_DELETE_MESSAGE_REQUEST = "DbDeleteMessageRequest"
    DB_DELETE_MESSAGE_RESPONSE = "DbDeleteMessageResponse"
    DB_TOGGLE_STAR_REQUEST = "DbToggleStarRequest"
    DB_TOGGLE_STAR_RESPONSE = "DbToggleStarResponse"
    DB_CREATE_SESSION_REQUEST = "DbCreateSessionRequest"
    DB_CREATE_SESSION_RESPONSE = "DbCreateSessionResponse"
    DB_DELETE_SESSION_REQUEST = "DbDeleteSessionRequest"
    DB_DELETE_SESSION_RESPONSE = "DbDeleteSessionResponse"
    DB_RENAME_SESSION_REQUEST = "DbRenameSessionRequest"
    DB_RENAME_SESSION_RESPONSE = "DbRenameSessionResponse"
    DB_GET_ALL_SESSIONS_REQUEST = "DbGetAllSessionsRequest"
    DB_GET_ALL_SESSIONS_RESPONSE = "DbGetAllSessionsResponse"
    DB_GET_STARRED_SESSIONS_REQUEST = "DbGetStarredSessionsRequest"
    DB_GET_STARRED_SESSIONS_RESPONSE = "DbGetStarredSessionsResponse"
    DB_INITIALIZE_REQUEST = "DbInitializeRequest"
    DB_INITIALIZE_RESPONSE = "DbInitializeResponse"
    DB_ENSURE_INITIALIZED_REQUEST = "DbEnsureInitializedRequest"
    DB_ENSURE_INITIALIZED_RESPONSE = "DbEnsureInitializedResponse"
    DB_GET_READY_STATE_REQUEST = "DbGetReadyStateRequest"
    DB_GET_READY_STATE_RESPONSE = "DbGetReadyStateResponse"
    DB_RESET_DATABASE_REQUEST = "DbResetDatabaseRequest"
    DB_RESET_DATABASE_RESPONSE = "DbResetDatabaseResponse"
    DB_ADD_LOG_REQUEST = "DbAddLogRequest"
    DB_ADD_LOG_RESPONSE = "DbAddLogResponse"
    DB_GET_LOGS_REQUEST = "DbGetLogsRequest"
    DB_GET_LOGS_RESPONSE = "DbGetLogsResponse"
    DB_GET_UNIQUE_LOG_VALUES_REQUEST = "DbGetUniqueLogValuesRequest"
    DB_GET_UNIQUE_LOG_VALUES_RESPONSE = "DbGetUniqueLogValuesResponse"
    DB_CLEAR_LOGS_REQUEST = "DbClearLogsRequest"
    DB_CLEAR_LOGS_RESPONSE = "DbClearLogsResponse"
    DB_GET_CURRENT_AND_LAST_LOG_SESSION_IDS_REQUEST = "DbGetCurrentAndLastLogSessionIdsRequest"
    DB_GET_CURRENT_AND_LAST_LOG_SESSION_IDS_RESPONSE = "DbGetCurrentAndLastLogSessionIdsResponse"
    DB_INIT_WORKER_REQUEST = "DbInitWorkerRequest"
    DB_INIT_WORKER_RESPONSE = "DbInitWorkerResponse"
    DB_MESSAGES_UPDATED = "DbMessagesUpdatedNotification"
    DB_STATUS_UPDATED = "DbStatusUpdatedNotification"
    DB_SESSION_UPDATED = "DbSessionUpdatedNotification"
    DB_INITIALIZATION_COMPLETE = "DbInitializationCompleteNotification"
    DB_WORKER_CREATED = "DbWorkerCreatedNotification"
    DB_WORKER_ERROR = "DbWorkerError"
    DB_WORKER_RESET = "DbWorkerReset"


class RawDirectMessageTypes(StrEnum):
    """Events about pages that are read."""

    WORKER_SCRAPE_STAGE_RESULT = "WorkerScrapeStageResult"


class LoadingStatusTypes(StrEnum):
    """`status` of a MODEL_WORKER_LOADING_PROGRESS payload."""

    INITIATE = "initiate"
    PROGRESS = "progress"
    DONE = "done"
    READY = "ready"
    ERROR = "error"
    CACHED = "cached"


class TransferStates(StrEnum):
    """`status` of a MODEL_DOWNLOAD_PROGRESS payload, and of each file in it (new)."""

    QUEUED = "queued"
    DOWNLOADING = "downloading"
    # the connection broke or the hub asked to wait; it goes on by itself
    WAITING = "waiting"
    VERIFYING = "verifying"
    IMPORTING = "importing"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ModelWorkerStates(StrEnum):
    """States of the model manager; `tabagent.models.state` holds the transitions."""

    UNINITIALIZED = "uninitialized"
    LOADING_MODEL = "loading_model"
    MODEL_READY = "model_ready"
    GENERATING = "generating"
    IDLE = "idle"
    ERROR = "error"


class PortNames(StrEnum):
    """Names of `chrome.runtime.connect` ports (new)."""

    PANEL = "tabagent-panel"


class ErrorCodes(StrEnum):
    """`error.code` of replies and error events (new); `tabagent.errors` has one class for each."""

    BAD_REQUEST = "bad_request"
    UNKNOWN_MESSAGE = "unknown_message"
    FORBIDDEN_SENDER = "forbidden_sender"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    INVALID_STATE = "invalid_state"
    BUSY = "busy"
    QUEUE_FULL = "queue_full"
    MODEL_NOT_FOUND = "model_not_found"
    MODEL_GATED = "model_gated"
    NO_ONNX_FILES = "no_onnx_files"
    DTYPE_NOT_FOUND = "dtype_not_found"
    UNSUPPORTED_DTYPE = "unsupported_dtype"
    UNSUPPORTED_DEVICE = "unsupported_device"
    HUB_UNAVAILABLE = "hub_unavailable"
    OFFLINE = "offline"
    CONNECTION_LOST = "connection_lost"
    INCOMPLETE_FILE = "incomplete_file"
    UNEXPECTED_CONTENT = "unexpected_content"
    INTEGRITY = "integrity"
    LOGIN_FAILED = "login_failed"
    DOWNLOAD_CANCELLED = "download_cancelled"
    STORAGE = "storage"
    STORAGE_FULL = "storage_full"
    FILE_DAMAGED = "file_damaged"
    IMPORT_FAILED = "import_failed"
    LOAD_FAILED = "load_failed"
    OUT_OF_MEMORY = "out_of_memory"
    DEVICE_LOST = "device_lost"
    TIMED_OUT = "timed_out"
    TEMPLATE = "template"
    CONTEXT_OVERFLOW = "context_overflow"
    EMPTY_PROMPT = "empty_prompt"
    CHAT_NOT_FOUND = "chat_not_found"
    NOTHING_ALLOWED = "nothing_allowed"
    INCOMPLETE_JSON = "incomplete_json"
    UNSUPPORTED_SETTING = "unsupported_setting"
    GENERATION_FAILED = "generation_failed"
    RUNTIME_RESTARTED = "runtime_restarted"
    RUNTIME_FAILED = "runtime_failed"
    INTERNAL = "internal"
    NOT_SIGNED_IN = "not_signed_in"
    DRIVE_RATE_LIMITED = "drive_rate_limited"
    DRIVE_NO_ACCESS = "drive_no_access"
    DRIVE_DISABLED = "drive_disabled"
    DRIVE_FILE_GONE = "drive_file_gone"
    DRIVE_FILE_UNREADABLE = "drive_file_unreadable"
    DRIVE_FILE_TOO_LARGE = "drive_file_too_large"
    DRIVE_UNAVAILABLE = "drive_unavailable"
    ATTACHMENT_TOO_LARGE = "attachment_too_large"
    UNSUPPORTED_ATTACHMENT = "unsupported_attachment"
    ATTACHMENT_UNREADABLE = "attachment_unreadable"
    ATTACHMENT_NOT_FOUND = "attachment_not_found"
    PAGE_ACCESS_NEEDED = "page_access_needed"
    PAGE_NOT_READABLE = "page_not_readable"
    PAGE_TIMED_OUT = "page_timed_out"
