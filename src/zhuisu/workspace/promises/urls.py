"""The addresses of promise certificates."""

from django.urls import path

from zhuisu.workspace.promises import views

urlpatterns = [
    path("desk/promises", views.listed, name="desk-promises"),
    path("desk/promises.csv", views.export, name="desk-promises-export"),
    path("desk/promises/new", views.issue, name="desk-promise-new"),
    path("desk/promises/<str:number>", views.one, name="desk-promise"),
    path("desk/promises/<str:number>/print.pdf", views.printed, name="desk-promise-print"),
    path("desk/promises/<str:number>/void", views.void, name="desk-promise-void"),
]
