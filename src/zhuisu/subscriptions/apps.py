"""Tells Django of the app subscriptions."""

from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    name = "zhuisu.subscriptions"
