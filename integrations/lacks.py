"""What keeps a configuration from working with its provider: a missing key, login or number, or a recent refusal. Shown on its page before a
webhook or a call is lost."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from calls.sentences import translate, translate_stored
from integrations import providers
from integrations.models import SyncCursor
from integrations.providers.foundation.events import Account, DialOrder
from integrations.providers.foundation.provider import Provider, ProviderError
from sips.models import Voip

SAMPLE_NUMBER = "+48221234567"
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def of(voip: Voip, *, key_set: bool) -> list[str]:
    """Sentences for staff. The key is not read, and nothing is sent."""
    try:
        adapter = providers.find(voip.provider)
    except KeyError:
        return []
    account = account_without_key(voip, key_set=key_set)
    found = []
    if adapter.signed and not key_set:
        found.append(
            _("Webhooks are refused: %(name)s signs them with the API key, and there is none.") % {"name": adapter.name}
        )
    if adapter.can_dial and (problem := _dialing(adapter, voip, account)):
        found.append(_("Calls cannot be placed through the provider: %(problem)s") % {"problem": problem})
    if adapter.can_list and (problem := _listing(adapter, account) or _last_listing(voip)):
        found.append(_("The provider's list of calls cannot be read: %(problem)s") % {"problem": problem})
    return found


def account_without_key(voip: Voip, *, key_set: bool) -> Account:
    """For asking an adapter what it would send; a placeholder stands for the key."""
    return Account(
        time_zone=ZoneInfo(voip.time_zone),
        country=voip.country,
        api_url=voip.api_url,
        api_login=voip.api_login,
        api_key="set" if key_set else "",
        settings=voip.settings,
    )


def _dialing(adapter: Provider, voip: Voip, account: Account) -> str:
    order = DialOrder(
        reference="0", number=SAMPLE_NUMBER, line="100", line_login="100", line_number=SAMPLE_NUMBER, caller_id=voip.number
    )  # fmt: skip
    try:
        adapter.dial(order, account)
    except ProviderError as problem:
        return translate(problem.sentence)
    return ""


def _last_listing(voip: Voip) -> str:
    """The error of the last reading of the list."""
    cursor = SyncCursor.objects.filter(voip=voip).first()
    return translate_stored(cursor.error) if cursor else ""


def _listing(adapter: Provider, account: Account) -> str:
    try:
        adapter.list_calls(MOMENT, MOMENT + timedelta(hours=1), account)
    except ProviderError as problem:
        return translate(problem.sentence)
    return ""
