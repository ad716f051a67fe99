"""Runs inside the product: five configurations with twenty lines and a token, made by the product's own models. Prints them as JSON."""

import json

from django.contrib.auth.models import User

from sips.models import Sip, Voip
from voipcrm.models import ApiToken

CONFIGURATIONS = 5
LINES_EACH = 4


def make_accounts() -> dict[str, object]:
    voips = [Voip.objects.create(name=f"Office {n}", provider="telecube", number=f"+4822400000{n}") for n in range(CONFIGURATIONS)]
    sips = [
        Sip.objects.create(name=f"Desk {n}", voip=voip, sip=str(100 + n), username=str(100 + n), password="secret")
        for voip in voips
        for n in range(LINES_EACH)
    ]
    user = User.objects.create_superuser("bench")
    _token, secret = ApiToken.objects.issue(user, name="bench")
    return {
        "token": secret,
        "webhook_secret": voips[0].webhook_secret,
        "voip_ids": [voip.pk for voip in voips],
        "sip_ids": [sip.pk for sip in sips],
    }


if __name__ == "__main__":
    print(json.dumps(make_accounts()))
