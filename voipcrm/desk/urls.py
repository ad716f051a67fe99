"""URLs of the desk, within the admin's."""

from django.contrib import admin
from django.urls import URLPattern, path

from voipcrm.desk import views


def desk_urls() -> list[URLPattern]:
    return [
        path("desk/", admin.site.admin_view(views.page), name="desk"),
        path("desk/changes", views.changes, name="desk_changes"),  # checks the session itself
        *(
            path(f"desk/{view.__name__}", admin.site.admin_view(view), name=f"desk_{view.__name__}")
            for view in (views.dial, views.act, views.add_note, views.set_outcome, views.hang_up)
        ),
    ]
