"""Gives every request about chats its handler."""

from __future__ import annotations

from tabagent.chats import codec
from tabagent.chats.service import ChatService
from tabagent.codec import decode_empty
from tabagent.events import DBEventNames, RuntimeMessageTypes
from tabagent.router import EventRouter


def register_chats(router: EventRouter, service: ChatService) -> None:
    """Register all of them; those that need the database wait until it is there."""
    ready = service.when_ready
    router.on(DBEventNames.DB_GET_READY_STATE_REQUEST, decode_empty, service.ready_state)
    router.on(RuntimeMessageTypes.GET_DB_READY_STATE, decode_empty, service.ready_state)
    router.on(DBEventNames.DB_INITIALIZE_REQUEST, decode_empty, ready(service.initialize))
    router.on(DBEventNames.DB_ENSURE_INITIALIZED_REQUEST, decode_empty, ready(service.initialize))
    router.on(DBEventNames.DB_INIT_WORKER_REQUEST, decode_empty, ready(service.initialize))
    router.on(DBEventNames.DB_RESET_DATABASE_REQUEST, decode_empty, ready(service.reset))
    router.on(DBEventNames.DB_GET_SESSION_REQUEST, codec.decode_get_session, ready(service.session))
    router.on(DBEventNames.DB_GET_ALL_SESSIONS_REQUEST, decode_empty, ready(service.sessions))
    router.on(DBEventNames.DB_GET_STARRED_SESSIONS_REQUEST, decode_empty, ready(service.starred))
    router.on(DBEventNames.DB_CREATE_SESSION_REQUEST, codec.decode_create_session, ready(service.create))
    router.on(DBEventNames.DB_DELETE_SESSION_REQUEST, codec.decode_session, ready(service.delete))
    router.on(DBEventNames.DB_RENAME_SESSION_REQUEST, codec.decode_rename, ready(service.rename))
    router.on(DBEventNames.DB_TOGGLE_STAR_REQUEST, codec.decode_session, ready(service.toggle_star))
    router.on(DBEventNames.DB_UPDATE_STATUS_REQUEST, codec.decode_status, ready(service.update_status))
    router.on(DBEventNames.DB_ADD_MESSAGE_REQUEST, codec.decode_add_message, ready(service.add_message))
    router.on(DBEventNames.DB_UPDATE_MESSAGE_REQUEST, codec.decode_update_message, ready(service.update_message))
    router.on(DBEventNames.DB_DELETE_MESSAGE_REQUEST, codec.decode_message_of_session, ready(service.delete_message))
    router.on(RuntimeMessageTypes.ASK_QUESTION, codec.decode_ask_question, ready(service.ask))
    router.on(RuntimeMessageTypes.ANSWER_AGAIN, codec.decode_answer_again, ready(service.again))
    router.on(RuntimeMessageTypes.CONTINUE_ANSWER, codec.decode_continue_answer, ready(service.go_on))
    router.on(RuntimeMessageTypes.SELECT_BRANCH, codec.decode_message_of_chat, ready(service.select_branch))
    router.on(RuntimeMessageTypes.SEARCH_CHATS, codec.decode_search_chats, ready(service.search))
    router.on(RuntimeMessageTypes.RESTORE_CHAT, codec.decode_chat, ready(service.restore))
    router.on(RuntimeMessageTypes.EXPORT_CHATS, codec.decode_export_chats, ready(service.export))
    router.on(RuntimeMessageTypes.IMPORT_CHATS, codec.decode_import_chats, ready(service.take_in))
