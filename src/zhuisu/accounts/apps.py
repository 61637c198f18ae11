"""Tells Django of the app accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "zhuisu.accounts"
