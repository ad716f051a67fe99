"""Form tokens: issued by widget_data, signed, with the time the form was opened. Nothing is stored until one is used."""

import secrets
import time

from django.core import signing

SALT = "widgets.form"
LEAST_AGE = 2
"""Seconds; only scripts fill in a form faster."""
GREATEST_AGE = 12 * 3600
"""Seconds; a page may stay open for a working day."""


class BadFormToken(Exception):
    """Missing, forged, issued for another widget, used too soon, or expired."""


def issue(widget_id: int) -> str:
    return signing.dumps([widget_id, int(time.time()), secrets.token_urlsafe(9)], salt=SALT)


def read(token: str, widget_id: int) -> str:
    """The token's nonce, by which it can be used once. Raises BadFormToken."""
    try:
        content = signing.loads(token, salt=SALT)
    except signing.BadSignature as problem:
        raise BadFormToken from problem
    match content:
        case [int(pk), int(issued_at), str(nonce)] if pk == widget_id:
            if LEAST_AGE <= time.time() - issued_at <= GREATEST_AGE:
                return nonce
    raise BadFormToken
