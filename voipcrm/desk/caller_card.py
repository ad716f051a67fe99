"""The caller card: everything known about a number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Prefetch, QuerySet

from autocalls.models import OPEN as OPEN_CALL_BACKS
from autocalls.models import Autocall
from calls.follow_up_models import FollowUp
from calls.models import Call, CallQuerySet, Note, Outcome
from sips import phone_numbers
from voipcrm.backoffice.reader_links import may_view
from voipcrm.crm_links import link_to
from voipcrm.desk.names import names_of
from voipcrm.recordings import may_link_to, may_play

LAST_CALLS = 10
COLUMNS = (
    "kind", "status", "reason", "start_time", "duration", "number_from", "number_to", "customer_number", "client_id", "contact_id",
    "description", "recording_url", "outcome__name", "sip__name", "sip__sip",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Card:
    number: str
    shown: str
    country: str
    "ISO 3166 code, blank if the number has none."
    name: str
    clients: Sequence[tuple[int, str]]
    "Ids in the CRM, each with its address there (blank if the settings name none)."
    contacts: Sequence[tuple[int, str]]
    calls: Sequence[Call]
    "The latest calls, newest first, with `notes`."
    call_backs: Sequence[Autocall]
    follow_ups: Sequence[FollowUp]
    outcomes: Sequence[Outcome]

    @property
    def playable(self) -> frozenset[str]:
        """Addresses of recordings that the page may play."""
        return frozenset(call.recording_url for call in self.calls if may_play(call.recording_url))

    @property
    def reachable(self) -> frozenset[str]:
        """Addresses of recordings that the page may link to."""
        return frozenset(call.recording_url for call in self.calls if may_link_to(call.recording_url))

    @property
    def latest(self) -> Call | None:
        """The call to which a new note and outcome belong."""
        return self.calls[0] if self.calls else None


def caller_card(user: User | AnonymousUser, number: str) -> Card:
    """The card as far as the user may see it. Each part reads an index of numbers."""
    calls = _calls(user, number)
    call_backs = Autocall.objects.visible_to(user).filter(number=number, status__in=OPEN_CALL_BACKS)
    follow_ups = FollowUp.objects.visible_to(user).open().filter(number=number).select_related("assignee")
    return Card(
        number=number,
        shown=phone_numbers.display(number),
        country=phone_numbers.tariff(number)[1] if phone_numbers.is_e164(number) else "",
        name=names_of(user, [number]).get(number, ""),
        clients=_linked(settings.CRM_CLIENT_URL, (call.client_id for call in calls)),
        contacts=_linked(settings.CRM_CONTACT_URL, (call.contact_id for call in calls)),
        calls=calls,
        call_backs=list(call_backs.order_by("promised_at")) if may_view(user, Autocall) else [],
        follow_ups=list(follow_ups.order_by("-pk")) if may_view(user, FollowUp) else [],
        outcomes=list(Outcome.objects.offered()) if calls else [],
    )


def _linked(template: str, ids: Iterable[int | None]) -> list[tuple[int, str]]:
    return [(number, link_to(template, number)) for number in sorted({known for known in ids if known is not None})]


def _calls(user: User | AnonymousUser, number: str) -> list[Call]:
    """The newest of each direction, read from its index; for both directions in one query PostgreSQL may scan all calls."""
    seen = Call.objects.visible_to(user).order_by("-start_time", "-pk")
    newest = {pk for side in ("number_from", "number_to") for pk in _ids(seen.filter(**{side: number}))}
    notes = Note.objects.select_related("author").order_by("pk") if may_view(user, Note) else Note.objects.none()
    rows = seen.filter(pk__in=newest).select_related("sip", "outcome").only(*COLUMNS)
    return list(rows.prefetch_related(Prefetch("notes", notes))[:LAST_CALLS])


def _ids(calls: CallQuerySet) -> QuerySet[Call, int]:
    return calls.values_list("pk", flat=True)[:LAST_CALLS]
