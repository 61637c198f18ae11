"""The public's addresses. The label's Digital Link is the item's page."""

from django.urls import path, re_path

from zhuisu.portal import views
from zhuisu.portal.addresses import QUALIFIERS

KEYS = "|".join(QUALIFIERS)

urlpatterns = [
    path("", views.home, name="home"),
    path("find", views.find, name="find"),
    path("scan", views.scan, name="scan"),
    path("i/<str:scheme>/<path:value>", views.item_by_name, name="item"),
    re_path(rf"^(?P<link>(?:{KEYS})/.+)$", views.item_by_link, name="link"),
]
