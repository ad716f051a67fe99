from django.urls import path

from widgets.script import widget_script
from widgets.views import widget_data

urlpatterns = [
    path("widget.js", widget_script, name="widget-script"),
    path("widget_data.json", widget_data, name="widget-data"),
]
