"""The token that widget_data gives a form, which tells when the form was opened. Signed, so nothing is stored until one is used."""

import secrets
import time

from django.core import signing

SALT = "widgets.form"
LEAST_AGE = 2
"""Seconds; nobody reads a form and types a number faster."""
GREATEST_AGE = 12 * 3600
"""Seconds; a page may stay open for a working day."""


class BadFormToken(Exception):
    """Missing, forged, of another widget, too young or too old."""


def issue(widget_id: int) -> str:
    return signing.dumps([widget_id, int(time.time()), secrets.token_urlsafe(9)], salt=SALT)


def read(token: str, widget_id: int) -> str:
    """What makes this token different from every other, for whoever sees to it that it is used once. Raises BadFormToken."""
    try:
        content = signing.loads(token, salt=SALT)
    except signing.BadSignature as problem:
        raise BadFormToken from problem
    match content:
        case [int(pk), int(issued_at), str(nonce)] if pk == widget_id:
            if LEAST_AGE <= time.time() - issued_at <= GREATEST_AGE:
                return nonce
    raise BadFormToken
