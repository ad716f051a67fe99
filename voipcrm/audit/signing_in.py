"""Sign-ins and sign-outs. Single failures are not recorded, because guessing would fill the log; lockouts are."""

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from voipcrm.audit.actors import Actor, By, of_user
from voipcrm.audit.entries import Action, record


@receiver(user_logged_in, dispatch_uid="audit")
def signed_in(request: HttpRequest | None, user: User, **_kwargs: object) -> None:
    if request is not None:
        record(Action.SIGNED_IN, by=of_user(user, request))


@receiver(user_logged_out, dispatch_uid="audit")
def signed_out(request: HttpRequest | None, user: User | None, **_kwargs: object) -> None:
    if request is not None and user is not None:
        record(Action.SIGNED_OUT, by=of_user(user, request))


def locked_out(request: HttpRequest, typed: str) -> None:
    """Records the name only if a user has it: what was typed as a name may be a password."""
    user = User.objects.filter(username=typed).only("username").first()
    address = request.META.get("REMOTE_ADDR")
    actor = of_user(user, request) if user else Actor(By.ADMIN, address=address)
    record(Action.LOCKED_OUT, by=actor)
