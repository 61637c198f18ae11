"""The addresses of mandates."""

from django.urls import path

from zhuisu.workspace.mandates import views

urlpatterns = [
    path("desk/mandates", views.page, name="desk-mandates"),
    path("desk/mandates/<int:number>/withdraw", views.withdraw, name="desk-mandate-withdraw"),
]
