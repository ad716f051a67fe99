from django.urls import path

from autocalls.public_views import CancelByVisitor, CreateFromWidget, VisitorStatus

urlpatterns = [
    path("autocalls/create_from_widget", CreateFromWidget.as_view(), name="create-from-widget"),
    path("autocalls/visitor.json", VisitorStatus.as_view(), name="visitor-status"),
    path("autocalls/visitor/cancel.json", CancelByVisitor.as_view(), name="visitor-cancel"),
]
