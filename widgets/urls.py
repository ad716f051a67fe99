from django.urls import path

from widgets.views import widget_data

urlpatterns = [path("widget_data.json", widget_data, name="widget-data")]
