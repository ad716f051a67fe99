from django.urls import path

from autocalls.public_views import CancelByVisitor, CreateFromWidget, VisitorStatus
from autocalls.widget_data import widget_data

urlpatterns = [
    path("widget_data.json", widget_data, name="widget-data"),
    path("autocalls/create_from_widget", CreateFromWidget.as_view(), name="create-from-widget"),
    path("autocalls/visitor.json", VisitorStatus.as_view(), name="visitor-status"),
    path("autocalls/visitor/cancel.json", CancelByVisitor.as_view(), name="visitor-cancel"),
]
