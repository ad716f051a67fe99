"""A harmless request to a provider's API that shows whether it accepts the login and key."""

import logging
from datetime import timedelta
from urllib.parse import urlsplit

from django.utils import timezone

from calls.sentences import Sentence, _, translate
from integrations import connection_tests, lacks, providers
from integrations.connection_tests import Finding
from integrations.outbound import http
from integrations.providers.foundation.events import Account, OutboundRequest, OutboundResponse
from integrations.providers.foundation.provider import Provider, ProviderError, Refused
from integrations.providers.foundation.provider_api import words
from integrations.webhooks.addressee import account_of
from sips.encryption import DecryptionError
from sips.models import Voip

logger = logging.getLogger(__name__)

LIMITS = http.RequestLimits(connect=5, read=8, total=12)
SPAN = timedelta(minutes=1)

ACCEPTED = _("%(name)s accepts the login and the key.")
WRONG_KEY = _("%(name)s refuses the login or the key (HTTP %(status)s). Copy both again from the provider's page.")
NOT_FOUND = _("There is no such API at %(host)s (HTTP 404): correct the API address or the login.")
TOO_OFTEN = _("%(name)s was asked too often (HTTP 429). Try again in a minute.")
REDIRECTED = _(
    "%(name)s sends us elsewhere (HTTP %(status)s), and that is not followed, so that the key goes nowhere else: correct the API address."
)
IN_TROUBLE = _("%(name)s has a fault (HTTP %(status)s). Try again later, then ask the provider.")
REFUSED = _("%(name)s answers, but refuses (HTTP %(status)s).")
REFUSED_SAYING = _("%(name)s answers, but refuses (HTTP %(status)s): %(words)s")
UNREADABLE = _("%(name)s answers with something else than expected (HTTP %(status)s): correct the API address.")
UNREACHABLE = _(
    "The API at %(host)s cannot be reached: correct the API address, or see whether this machine may go out."
)
FORBIDDEN = _(
    "The API address %(host)s leads to a machine inside a private network, so nothing was sent. "
    "If it is meant, allow it in OUTBOUND_ALLOWED_NETWORKS."
)
SILENT = _("The API at %(host)s did not answer in time.")
KEY_LOST = _("The stored key cannot be decrypted: enter it again.")
NOT_KNOWN = _(
    "For %(name)s no request is known that needs the key and changes nothing. Whether the key is right shows with the first call that is placed."
)
NO_PROVIDER = _("Choose the provider of the configuration first.")


def why_not(voip: Voip, *, key_set: bool) -> str:
    """Why the key cannot be tested, in the reader's language; "" if it can. The key is not read."""
    if voip.provider not in providers.slugs():
        return translate(NO_PROVIDER)
    adapter = providers.find(voip.provider)
    try:
        request = _request(adapter, lacks.account_without_key(voip, key_set=key_set))
    except ProviderError as problem:
        return translate(problem.sentence)
    return "" if request is not None else translate(Sentence(NOT_KNOWN, name=adapter.name))


def test_key(test_id: int, number: int) -> None:
    """Carry out the test once and store its result."""
    test = connection_tests.claim(test_id, number)
    if test is None or test.voip_id is None:
        return
    connection_tests.finish(test_id, number, run_test(Voip.objects.without_secrets().get(pk=test.voip_id)))


def run_test(voip: Voip) -> Finding:
    adapter = providers.find(voip.provider) if voip.provider in providers.slugs() else None
    if adapter is None:
        return Finding("incomplete", NO_PROVIDER)
    try:
        account = account_of(voip, with_key=True)
        request = _request(adapter, account)
    except DecryptionError:
        return Finding("key_lost", KEY_LOST)
    except Refused as problem:
        return Finding("incomplete", problem.sentence)
    if request is None:
        return Finding("not_known", Sentence(NOT_KNOWN, name=adapter.name))
    host = urlsplit(request.url).hostname or ""
    try:
        return _of_answer(adapter, http.send(request, LIMITS), account, host)
    except http.OutboundError as problem:
        logger.info("key_test_unanswered", extra={"voip_id": voip.pk, "problem": str(problem)})
        return _unanswered(problem, host)


def _request(adapter: Provider, account: Account) -> OutboundRequest | None:
    now = timezone.now()
    return adapter.key_test(now - SPAN, now, account)


def _unanswered(problem: http.OutboundError, host: str) -> Finding:
    if isinstance(problem, http.Unanswered):
        return Finding("no_answer", Sentence(SILENT, host=host))
    if "OUTBOUND_ALLOWED_NETWORKS" in str(problem):
        return Finding("forbidden_network", Sentence(FORBIDDEN, host=host))
    return Finding("unreachable", Sentence(UNREACHABLE, host=host))


def _of_answer(adapter: Provider, response: OutboundResponse, account: Account, host: str) -> Finding:
    status, values = response.status, {"name": adapter.name, "status": str(response.status)}
    named = {401: ("wrong_key", WRONG_KEY), 403: ("wrong_key", WRONG_KEY), 429: ("too_often", TOO_OFTEN)}
    by_class = {3: ("redirected", REDIRECTED), 5: ("server_trouble", IN_TROUBLE)}
    if status == 404:
        return Finding("not_found", Sentence(NOT_FOUND, host=host))
    if found := named.get(status) or by_class.get(status // 100):
        word, text = found
        return Finding(word, Sentence(text, **{name: value for name, value in values.items() if f"%({name})s" in text}))
    try:
        adapter.read_key_test(response, account)
    except Refused:
        answer = words(response, account)
        return Finding(
            "refused", Sentence(REFUSED_SAYING, words=answer, **values) if answer else Sentence(REFUSED, **values)
        )
    except ProviderError:
        return Finding("unreadable", Sentence(UNREADABLE, **values))
    return Finding("accepted", Sentence(ACCEPTED, name=adapter.name), passed=True)
