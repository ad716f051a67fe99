from django.urls import path

from autocalls.views import CreateFromWidget

urlpatterns = [path("autocalls/create_from_widget", CreateFromWidget.as_view(), name="create-from-widget")]
