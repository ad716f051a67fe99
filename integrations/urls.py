from django.urls import re_path

from integrations.webhooks.views import webhook

urlpatterns = [
    re_path(
        r"^webhooks/(?P<provider>[a-z0-9_]{1,50})/(?P<secret>[A-Za-z0-9_-]{1,100})(?:/(?P<event>[A-Za-z0-9_.-]{1,50}))?/?$",
        webhook,
        name="webhook",
    )
]
