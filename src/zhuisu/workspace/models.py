"""What the desk keeps of its own: a sheet between being looked through and being recorded."""

from typing import ClassVar

from django.db import models

from zhuisu.accounts.models import Organisation


class Sheet(models.Model):
    """A sheet of records that somebody sent and has not decided on, or the summary of one that was recorded."""

    token = models.UUIDField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    by = models.CharField(max_length=120, help_text="person:NAME")
    at = models.DateTimeField()
    sector = models.CharField(max_length=40)
    step = models.CharField(max_length=40)
    answerable = models.CharField(max_length=120, blank=True, help_text="canonical code of the party recorded for")
    name = models.CharField(max_length=200, blank=True, help_text="of the file")
    content = models.BinaryField(help_text="the file, until it is decided on")
    rows = models.PositiveIntegerField()
    bad = models.PositiveIntegerField(help_text="rows with a fault")
    faults = models.JSONField(default=list, help_text="the first faults, by cell, in both languages")
    more = models.PositiveIntegerField(default=0, help_text="faults that are not listed")
    captures = models.JSONField(default=list, help_text="tokens of the documents that it became")
    sent = models.PositiveIntegerField(null=True, blank=True, help_text="rows that were recorded; empty: not decided")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["organisation", "at"], name="sheet_organisation_at")
        ]

    def __str__(self) -> str:
        return f"{self.sector}.{self.step} {self.rows} {self.token}"
