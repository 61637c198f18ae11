"""Named queries, their subscriptions, and what was sent."""

from django.db import models

NAME_LENGTH = 100  # characters of a query's name: it is part of addresses
TOKEN_LENGTH = 36
ERROR_LENGTH = 300


class NamedQuery(models.Model):
    """A query that an organisation keeps under a name of its own. `query` is the object that was sent."""

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="named_queries")
    name = models.CharField(max_length=NAME_LENGTH)
    query = models.JSONField()
    by = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="named_query_once")]

    def __str__(self) -> str:
        return self.name


class Subscription(models.Model):
    """An address that gets what a named query newly finds. `cursor`: the position of the log up to which all was sent."""

    class State(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"  # by a person, or by us: failures, or its maker's right is gone; may be resumed
        ENDED = "ended"  # by the receiver: 410

    token = models.CharField(max_length=TOKEN_LENGTH, unique=True, help_text="subscriptionID")
    query = models.ForeignKey(NamedQuery, on_delete=models.CASCADE, related_name="subscriptions")
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="subscriptions")
    by = models.CharField(max_length=120, help_text="who made or last resumed it; a revoked key ends its right")
    created_at = models.DateTimeField()
    dest = models.CharField(max_length=2_000)
    secret = models.BinaryField(null=True, help_text="signatureToken, sealed")
    secret_key = models.BinaryField(null=True)
    schedule = models.JSONField(null=True, help_text="patterns as sent; null: a stream")
    report_if_empty = models.BooleanField(default=False)
    initial_record_time = models.DateTimeField(null=True)
    epc_format = models.CharField(max_length=40, blank=True, help_text="GS1-EPC-Format as sent; empty: none")
    cursor = models.BigIntegerField()
    due_at = models.DateTimeField(help_text="when it is looked at next")
    batch = models.IntegerField(help_text="events of the next delivery; 413 halves it, success doubles it")
    slow = models.BooleanField(
        default=True, help_text="its last attempt was not quick, or there was none yet: the slow lane"
    )
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    min_record_time = models.DateTimeField()
    last_notified_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=ERROR_LENGTH, blank=True)
    last_error_zh = models.CharField(max_length=ERROR_LENGTH, blank=True)
    test_wanted = models.BooleanField(default=False, help_text="the next look sends a document even if it is empty")
    failing_since = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0, help_text="in a row")
    deliveries = models.BigIntegerField(default=0, help_text="that were answered 2xx")
    events = models.BigIntegerField(default=0, help_text="in them")

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=models.Q(state="active"), name="subscription_due")]

    def __str__(self) -> str:
        return self.token


class Delivery(models.Model):
    """One attempt to send. Written once; old ones go (delivery.prune)."""

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="attempts")
    delivery_id = models.CharField(max_length=TOKEN_LENGTH)
    at = models.DateTimeField()
    events = models.IntegerField()
    status = models.IntegerField(null=True, help_text="HTTP status; null: no answer")
    milliseconds = models.IntegerField()
    error = models.CharField(max_length=ERROR_LENGTH, blank=True)
    error_zh = models.CharField(max_length=ERROR_LENGTH, blank=True)

    class Meta:
        indexes = [models.Index(fields=["subscription", "-id"], name="delivery_newest")]

    def __str__(self) -> str:
        return self.delivery_id
