from django.urls import path

from widgets.script import widget_script

urlpatterns = [
    path("widget.js", widget_script, name="widget-script"),
]
