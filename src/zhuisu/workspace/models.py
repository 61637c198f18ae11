"""What the desk keeps of its own: a sheet between being looked through and being recorded, and how far that has come."""

from typing import ClassVar

from django.db import models

from zhuisu.accounts.models import Organisation


class Sheet(models.Model):
    """A sheet of records that somebody sent: not decided on yet, being recorded by the worker, or the summary of what became of it."""

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", "looked through, not decided on"
        QUEUED = "queued", "being recorded"
        DONE = "done", "recorded"
        STOPPED = "stopped", "stopped by its sender; what was recorded stays"
        FAILED = "failed", "could not be recorded to its end"

    token = models.UUIDField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    by = models.CharField(max_length=120, help_text="person:NAME")
    at = models.DateTimeField()
    sector = models.CharField(max_length=40)
    step = models.CharField(max_length=40)
    answerable = models.CharField(max_length=120, blank=True, help_text="canonical code of the party recorded for")
    name = models.CharField(max_length=200, blank=True, help_text="of the file")
    region = models.CharField(max_length=12, blank=True, help_text="where its rows happened, as the register has it")
    content = models.BinaryField(help_text="the file, until it is decided on")
    prepared = models.BinaryField(default=b"", help_text="events of the good rows, packed, until all are recorded")
    rows = models.PositiveIntegerField()
    bad = models.PositiveIntegerField(help_text="rows with a fault")
    faults = models.JSONField(default=list, help_text="the first faults, by cell, in both languages")
    more = models.PositiveIntegerField(default=0, help_text="faults that are not listed")
    captures = models.JSONField(default=list, help_text="tokens of the documents that it became")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    decided_at = models.DateTimeField(null=True, blank=True, help_text="when its sender said: record it")
    sent = models.PositiveIntegerField(default=0, help_text="rows handed to capture so far")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["organisation", "at"], name="sheet_organisation_at"),
            models.Index(fields=["decided_at"], condition=models.Q(state="queued"), name="sheet_queued"),
        ]

    @property
    def good(self) -> int:
        """Rows that can be recorded."""
        return self.rows - self.bad

    def __str__(self) -> str:
        return f"{self.sector}.{self.step} {self.rows} {self.token}"
