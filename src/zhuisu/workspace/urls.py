"""The addresses of the desk."""

from django.urls import path

from zhuisu.workspace import captures, keys

urlpatterns = [
    path("desk", captures.desk, name="desk"),
    path("desk/captures.csv", captures.export, name="desk-export"),
    path("desk/captures/<str:token>", captures.capture, name="desk-capture"),
    path("desk/upload", captures.upload, name="desk-upload"),
    path("desk/keys", keys.keys, name="desk-keys"),
    path("desk/keys/<int:number>/revoke", keys.revoke, name="desk-revoke"),
]
