"""The public's addresses. The label's Digital Link leads to the item's page (api/resolver.py)."""

from django.urls import path, re_path

from zhuisu.portal import check, promise, views
from zhuisu.resolver.paths import KEYS

urlpatterns = [
    path("", views.home, name="home"),
    path("find", views.find, name="find"),
    path("scan", views.scan, name="scan"),
    path("check", check.check, name="check"),
    re_path(rf"^i/(?P<link>(?:{'|'.join(KEYS)})/.+)$", views.item_by_link, name="link"),
    path("i/<str:scheme>/<path:value>", views.item_by_name, name="item"),
    path("promise", promise.ask, name="promise-ask"),
    path("promise/<str:number>", promise.promise, name="promise"),
]
