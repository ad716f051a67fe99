from rest_framework import status
from rest_framework.exceptions import APIException


class Conflict(APIException):
    """The record's state does not allow what was asked."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class KeyReused(APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = "This Idempotency-Key was used for another request; use a new key."
    default_code = "idempotency_key_reused"
