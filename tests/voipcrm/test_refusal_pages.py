"""The pages that tell that something cannot be shown or done: in the reader's language, with a way on, and standing on nothing but themselves."""

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils.translation import override
from staff import staff, told

from voipcrm import logins, middleware
from voipcrm.rest import exceptions


def polish(**options: object) -> Client:
    return Client(headers={"accept-language": "pl"}, **options)  # type: ignore[arg-type]  # Django's own options


@pytest.mark.django_db
def test_an_unknown_address_says_so_and_leads_back() -> None:
    answer = polish().get("/nothing")

    html = answer.content.decode()
    assert answer.status_code == 404
    assert "Nie ma takiej strony" in told(html)
    assert 'lang="pl"' in html and 'href="/admin/"' in html


@pytest.mark.django_db
def test_a_page_without_the_right_to_it_says_who_can_give_it() -> None:
    client = staff()

    answer = client.get("/admin/calls/call/", headers={"accept-language": "pl"})

    assert answer.status_code == 403
    assert "Twoje konto nie ma do niej uprawnień. Może je nadać administrator." in told(answer.content.decode())


@pytest.mark.django_db
def test_a_form_that_was_open_for_too_long_says_what_to_do() -> None:
    answer = polish(enforce_csrf_checks=True).post("/admin/login/", {"username": "anna", "password": "x"})

    assert answer.status_code == 403
    assert "odśwież stronę i wyślij formularz jeszcze raz" in told(answer.content.decode())


@pytest.mark.django_db
def test_a_fault_of_ours_says_that_it_is_recorded() -> None:
    with override("pl"):
        answer = exceptions.failed(RequestFactory().get("/admin/"))

    assert answer.status_code == 500
    assert "To nie Twoja wina, a błąd został zapisany." in told(answer.content.decode())


@pytest.mark.django_db
def test_who_is_locked_out_is_told_for_how_long() -> None:
    User.objects.create_superuser("root", password="long-and-odd-17")
    client = polish()
    for _ in range(logins.MOST_OF_A_NAME):
        answer = client.post("/admin/login/", {"username": "root", "password": "wrong"})

    assert answer.status_code == 429
    assert "Odczekaj dziesięć minut" in told(answer.content.decode())


def test_who_comes_while_somebody_signs_in_may_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "LOGIN_WAITS", 0.01)
    answers: list[HttpResponse] = []

    def view(request: object) -> HttpResponse:
        if not answers:
            answers.append(process(RequestFactory().post("/admin/login/")))
        return HttpResponse()

    process = middleware.one_login_at_a_time(view)
    with override("pl"):
        process(RequestFactory().post("/admin/login/"))

    assert answers[0].headers["Retry-After"] == "5"
    assert "Spróbuj ponownie za kilka sekund" in told(answers[0].content.decode())


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/nothing", "/admin/nothing/"])
def test_the_policy_of_such_a_page_lets_it_have_its_colours(path: str) -> None:
    policy = polish().get(path, follow=True).headers["Content-Security-Policy"]

    assert "style-src 'self' 'unsafe-inline'" in policy
