"""What an upper app adds to the pages of a model of a lower one."""

from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from voipcrm.backoffice.additions import Addition, Place, fill

if TYPE_CHECKING:
    from voipcrm.backoffice.unfold_admin import Sections

APPS = ("autocalls", "calls", "integrations", "sips", "widgets")


def shown(record: object) -> str:
    return str(record)


def test_a_place_holds_what_is_added_there() -> None:
    page: Sections = [("Provider", {"fields": ("name", Place("provider"))})]

    filled: object = fill(page, [Addition(fields={"provider": (shown,)})])

    assert filled == [("Provider", {"fields": ("name", shown)})]


def test_an_empty_place_leaves_no_section_behind() -> None:
    page: Sections = [(None, {"fields": ("name",)}), ("Deliveries", {"fields": (Place("deliveries"),)})]

    assert fill(page, [Addition(fields={"provider": (shown,)})]) == [(None, {"fields": ("name",)})]


def test_no_app_takes_the_page_of_another_apps_model_away() -> None:
    """One model has one ModelAdmin, registered once. The project itself replaces pages of packages that know nothing of ours."""
    admins = [file for app in APPS for file in (Path(settings.BASE_DIR) / app).rglob("*admin*.py")]

    assert not [file for file in admins if "unregister" in file.read_text(encoding="utf-8")]
