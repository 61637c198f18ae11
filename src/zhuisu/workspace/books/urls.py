"""The addresses of books, dossiers and the check at the gate."""

from django.urls import path, re_path

from zhuisu.workspace.books import dossier, gate, logs, views

BOOK_FILE = r"^desk/books/(?P<sector>[\w-]+)/(?P<key>[\w-]+)\.(?P<kind>xlsx|csv)$"

urlpatterns = [
    path("desk/books", views.books, name="desk-books"),
    path("desk/books/<slug:sector>/<slug:key>", views.book, name="desk-book"),
    re_path(BOOK_FILE, views.export, name="desk-book-export"),
    path("desk/entry", gate.check, name="desk-entry"),
    path("desk/things", dossier.things, name="desk-things"),
    path("desk/things.csv", dossier.export, name="desk-things-export"),
    path("desk/things/log/<slug:sector>/<slug:step>", logs.log, name="desk-thing-log"),
    path("desk/things/<str:scheme>/<path:value>", dossier.thing, name="desk-thing"),
]
