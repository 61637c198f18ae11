"""What is kept of looking: scans of a single thing, findings that they led to, and how much one source asked in a minute."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Scan(models.Model):
    """Somebody opened the page of one thing. Never changed; removed when its time is over (services.keep_house)."""

    item = models.UUIDField(help_text="key of the canonical code (codes.Code.key)")
    at = models.DateTimeField()
    region = models.CharField(max_length=6, blank=True, help_text="GB/T 2260, no finer than a city; empty: not known")
    state = models.CharField(max_length=16, help_text="what the page said of the thing (judgement.State)")
    source = models.UUIDField(help_text="keyed digest of day and network, never the address itself")
    number = models.IntegerField(db_default=1, help_text="which scan of the thing it is, from 1")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["item", "at"], name="scan_item_at"),
            models.Index(fields=["at"], name="scan_at"),
            models.Index(fields=["item", "source", "at"], name="scan_item_source"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%F %T} {self.item} {self.region}"


class Finding(models.Model):
    """A fact that somebody should look at, raised once for each cause. Append-only (migration 0001)."""

    class Kind(models.TextChoices):
        REPEATED_SALE = "repeated-sale", _("同一件重复售出")
        SOLD_AFTER_RECALL = "sold-after-recall", _("召回后仍售出")
        IMPOSSIBLE_TRAVEL = "impossible-travel", _("短时间内在相距很远的两地被扫")
        FORGED_BURST = "forged-burst", _("大量查询不存在的码")

    kind = models.CharField(max_length=24, choices=Kind)
    cause = models.CharField(
        max_length=64, help_text="SHA-256 of what it was raised for: the same cause raises nothing"
    )
    item = models.TextField(blank=True, help_text="canonical code; empty where it is about no single thing")
    at = models.DateTimeField()
    # No constraint in the database: the finding outlives what it speaks of, as the audit trail does.
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    regions = ArrayField(models.CharField(max_length=6), default=list, help_text="GB/T 2260 codes that it concerns")
    detail = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "cause"], name="finding_once")]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["organisation", "at"], name="finding_organisation_at"),
            models.Index(fields=["item"], name="finding_item"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%F %T} {self.kind} {self.item}"


class Change(models.Model):
    """How often master data (scope 0) or the codes of a handful of series changed, in one of the rows that share the counting."""

    pk = models.CompositePrimaryKey("scope", "slot")
    scope = models.SmallIntegerField()
    slot = models.IntegerField()
    n = models.BigIntegerField(help_text="only grows; the sum of a scope counts")

    class Meta:
        managed = False  # with its triggers in migration 0002; a flush of the tables must not turn the count back
        db_table = "verification_change"

    def __str__(self) -> str:
        return f"{self.scope}.{self.slot}: {self.n}"


class Looks(models.Model):
    """How often one source looked something up in one minute, and how often in vain. Unlogged: a crash may empty it."""

    pk = models.CompositePrimaryKey("door", "minute")
    door = models.UUIDField()
    minute = models.BigIntegerField(help_text="minutes since 1970")
    looks = models.IntegerField()
    misses = models.IntegerField()

    class Meta:
        managed = False  # Django makes no unlogged tables; migration 0001 has the statement
        db_table = "verification_looks"

    def __str__(self) -> str:
        return f"{self.door} {self.minute}: {self.misses}/{self.looks}"
