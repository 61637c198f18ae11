"""The addresses of the desk."""

from django.urls import include, path

from zhuisu.workspace import captures, keys, subscriptions
from zhuisu.workspace.codes import changes, imports, lists, orders, printing
from zhuisu.workspace.records.urls import urlpatterns as record_urls

urlpatterns = [
    path("desk", captures.desk, name="desk"),
    path("desk/captures.csv", captures.export, name="desk-export"),
    path("desk/captures/<str:token>", captures.capture, name="desk-capture"),
    path("desk/upload", captures.upload, name="desk-upload"),
    path("desk/keys", keys.keys, name="desk-keys"),
    path("desk/keys/<int:number>/revoke", keys.revoke, name="desk-revoke"),
    path("desk/subscriptions", subscriptions.subscriptions, name="desk-subscriptions"),
    path("desk/subscriptions/<int:number>/<slug:verb>", subscriptions.change, name="desk-subscription-change"),
    path("desk/codes", lists.batches, name="desk-codes"),
    path("desk/codes.csv", lists.export, name="desk-codes-export"),
    path("desk/codes/order", orders.order, name="desk-codes-order"),
    path("desk/codes/import", imports.take_over, name="desk-codes-import"),
    path("desk/codes/pack", imports.packing, name="desk-codes-pack"),
    path("desk/codes/change/<slug:verb>", changes.change, name="desk-codes-change"),
    path("desk/codes/<int:number>", lists.batch, name="desk-codes-batch"),
    path("desk/codes/<int:number>/print", printing.page, name="desk-codes-print"),
    path("desk/codes/<int:number>/symbols/<str:name>", printing.symbol, name="desk-codes-symbol"),
    path("desk/codes/<int:number>/<slug:verb>", changes.change, name="desk-codes-batch-change"),
    path("", include("zhuisu.workspace.promises.urls")),
    path("", include("zhuisu.workspace.books.urls")),
    path("", include("zhuisu.workspace.official.urls")),
    path("", include("zhuisu.workspace.mandates.urls")),
    *record_urls,
]
