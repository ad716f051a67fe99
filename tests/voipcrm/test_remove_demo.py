from io import StringIO

import make
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from autocalls.models import Autocall
from calls.models import Call
from integrations.models import WebhookDelivery
from sips.models import Sip, StaffLine, Voip
from voipcrm import demo
from widgets.models import Widget

pytestmark = pytest.mark.django_db
MODELS = (User, StaffLine, Autocall, Call, WebhookDelivery, Widget, Sip, Voip)


@pytest.fixture
def small_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "CALLS", 3)
    demo.create()
    demo.create_staff(lambda name: f"of {name}")
    make.autocall(widget=Widget.objects.get())


def removed() -> str:
    output = StringIO()
    call_command("remove_demo", stdout=output)
    return output.getvalue()


def test_removing_leaves_nothing_of_the_demo(small_demo: None) -> None:
    said = removed()

    assert {model.__name__: model._default_manager.count() for model in MODELS} == dict.fromkeys(
        (model.__name__ for model in MODELS), 0
    )
    assert "9 calls" in said
    assert "2 configurations" in said


def test_an_operator_of_the_demo_sees_the_calls_of_her_line_and_dials_from_it(small_demo: None) -> None:
    anna = User.objects.get(username="anna")

    assert anna.check_password("of anna") and anna.has_perm("calls.add_call")
    assert {line.name for line in Sip.objects.all().dialed_from_by(anna)} == {"Anna Nowak"}
    assert set(Call.objects.visible_to(anna)) == set(Call.objects.filter(sip__name="Anna Nowak"))


def test_somebody_else_of_that_name_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "CALLS", 1)
    demo.create()
    other = User.objects.create_user("anna", "anna@example.com", "her own")

    demo.create_staff(lambda name: "new")
    removed()

    other.refresh_from_db()
    assert other.check_password("her own") and not other.groups.exists()


def test_what_is_not_of_the_demo_stays(small_demo: None) -> None:
    own = make.voip(provider="simulator", api_url="https://sim.example.com")
    kept = [
        own,
        make.sip(voip=own),
        make.call(voip=own),
        make.widget(name=demo.WIDGET, voip=own),
        make.autocall(voip=own),
    ]
    through_the_demo = make.widget(name="Own", voip=demo.configurations()[0])

    removed()

    for row in kept:
        row.refresh_from_db()
    through_the_demo.refresh_from_db()
    assert through_the_demo.voip is None


def test_repeated_it_says_that_there_is_none() -> None:
    assert "there is no demo" in removed()
