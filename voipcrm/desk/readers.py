"""Who reads a desk. Every open desk asks every one and a half seconds, so what decides on its answer is remembered by the session, and each
question asks the database by one statement whether all of that is as it was.

What is remembered was read after the answer to that statement which it is remembered with: whatever changes meanwhile is a change to the next
question. The session's content, the lines and the rights are compared by value; the user's row, with the password, *active*, *staff* and the name,
by PostgreSQL's own version of it (the transaction that wrote it, and its position). What a right is called changes only with the program, whose
processes begin with nothing remembered.
"""

from collections import OrderedDict
from copy import copy
from dataclasses import dataclass
from threading import Lock

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.utils import timezone

from calls.sql import EventLoop, Row, Statement, fetch_one
from sips.staff_lines import know_lines

WHO = Statement("""
SELECT s.session_data, ROW(u.xmin, u.ctid)::text,
    ARRAY(SELECT sip_id FROM sips_staffline WHERE user_id = u.id ORDER BY sip_id),
    ARRAY(SELECT permission_id FROM auth_user_user_permissions WHERE user_id = u.id ORDER BY permission_id),
    ARRAY(SELECT r.permission_id FROM auth_user_groups g JOIN auth_group_permissions r ON r.group_id = g.group_id
        WHERE g.user_id = u.id ORDER BY r.permission_id)
FROM django_session s JOIN auth_user u ON u.id = %(user)s
WHERE s.session_key = %(session)s AND s.expire_date > %(now)s::timestamptz""")
"""All that decides on who somebody is and what they see. No row: the session is over, or the user is gone."""
MOST_KNOWN = 5_000


@dataclass(frozen=True, slots=True)
class Reader:
    """A signed-in member of staff, with rights and lines."""

    user: User
    found: Row
    "What WHO has answered."


_known: OrderedDict[str, Reader] = OrderedDict()
_lock = Lock()


async def find_on_loop(request: HttpRequest, loop: EventLoop) -> Reader | None:
    """None where a thread has to find out who it is."""
    session = session_of(request)
    known = _known.get(session)
    if known is None:
        return None
    return _still(session, known, await loop.fetch_one(WHO, _asked(session, known.user.pk)))


def recognise(request: HttpRequest) -> Reader | None:
    """Make what is remembered of the user, or is now, the request's user. None, with nothing changed, where nobody of the staff has signed in."""
    reader = _find(request)
    if reader is not None:
        request.user = copy(reader.user)
    return reader


def forget() -> None:
    with _lock:
        _known.clear()


def session_of(request: HttpRequest) -> str:
    return request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")


def _find(request: HttpRequest) -> Reader | None:
    session = session_of(request)
    known = _known.get(session)
    if known is not None and (still := _still(session, known, fetch_one(WHO, _asked(session, known.user.pk)))):
        return still
    if not request.user.is_authenticated or request.session.modified or request.session.session_key != session:
        return None
    found = fetch_one(WHO, _asked(session, request.user.pk))
    reader = _read(session, found) if found is not None else None
    with _lock:
        if reader is not None:
            _known[session] = reader
            while len(_known) > MOST_KNOWN:
                _known.popitem(last=False)
    return reader


def _read(session: str, found: Row) -> Reader | None:
    """Read anew all that stands for the answer to WHO, so that nothing of it is older."""
    request = HttpRequest()
    request.session = SessionStore(session)
    user = auth.get_user(request)
    if not isinstance(user, User) or not (user.is_active and user.is_staff) or request.session.modified:
        return None
    user.get_all_permissions()
    know_lines(user)
    return Reader(user, found)


def _still(session: str, known: Reader, found: Row | None) -> Reader | None:
    """What is known, if it is so; it is forgotten if not."""
    if found == known.found:
        return known
    with _lock:
        _known.pop(session, None)
    return None


def _asked(session: str, user_id: int) -> dict[str, object]:
    return {"session": session, "user": user_id, "now": timezone.now()}
