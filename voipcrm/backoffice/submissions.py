"""Forms and dialogs that act at most once, however often they are submitted.

Each carries a random token. A second submission with the same token waits for the first, does nothing, and is redirected to the same page.
"""

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar

from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

KEPT = timedelta(hours=24)
LONGEST_TOKEN = 43


class Submission(models.Model):
    """A form that has been carried out."""

    token = models.CharField(max_length=LONGEST_TOKEN, primary_key=True)
    address = models.CharField(max_length=2000, blank=True)
    """The redirect's target; blank if the response was a page."""
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["created_at"], name="submission_token_created")]

    def __str__(self) -> str:
        return self.address


def new_token() -> str:
    return secrets.token_urlsafe(24)


def submit_once(request: HttpRequest, token: str, act: Callable[[], HttpResponse], *, otherwise: str) -> HttpResponse:
    """The response of `act`; for a used token a redirect to the target of the first submission, or to `otherwise`.

    A response without redirect is a form with errors and does not use up the token, unless `mark_done` marks it. If `act` raises, nothing is
    stored and the token stays unused.
    """
    if not token:
        return act()
    Submission.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    with transaction.atomic():
        # A second request with this token waits here until the first is committed or rolled back.
        submission, is_new = Submission.objects.get_or_create(token=token[:LONGEST_TOKEN])
        if not is_new:
            return redirect_from_dialog(request, submission.address or otherwise)
        answer = act()
        submission.address = answer.headers.get("HX-Redirect") or answer.headers.get("Location", "")
        if submission.address or getattr(answer, "has_acted", False):
            submission.save(update_fields=["address"])
        else:
            submission.delete()
    return answer


def mark_done(answer: HttpResponse) -> HttpResponse:
    """Mark a page as the response of a form that was carried out."""
    vars(answer)["has_acted"] = True  # ours, read above
    return answer


def redirect_from_dialog(request: HttpRequest, address: str) -> HttpResponse:
    """Redirect from a button's dialog, which is part of a page or, without scripts, a page of its own."""
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)
