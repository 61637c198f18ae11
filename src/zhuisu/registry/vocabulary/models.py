"""What documents said of the elements of vocabularies (EPCIS 2.0 §6.5, §9.5): every version is kept, the latest counts."""

import json
from decimal import Decimal
from typing import Any, ClassVar

import msgspec
from django.db import models

_encode = msgspec.json.Encoder(decimal_format="number").encode


class ExactEncoder(json.JSONEncoder):
    """Numbers as they were sent: a float would change them."""

    def encode(self, o: Any) -> str:
        return _encode(o).decode()


class ExactDecoder(json.JSONDecoder):
    """The same, read back."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "parse_float": Decimal})


class VocabularyElement(models.Model):
    """One element as one organisation sent it. A row is never changed but for `latest`."""

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    type = models.CharField(max_length=200, help_text="URI of the vocabulary")
    key = models.CharField(
        max_length=600, help_text="canonical code, bare CBV word or uri:…; of its many writings the one"
    )
    written = models.CharField(max_length=500, help_text="its id as sent")
    attributes = models.JSONField(
        default=dict, encoder=ExactEncoder, decoder=ExactDecoder, help_text="full name to value, as sent"
    )
    children = models.JSONField(default=list, help_text="ids as sent")
    child_keys = models.JSONField(default=list, help_text="key of each child")
    latest = models.BooleanField(default=True)
    capture_token = models.CharField(max_length=40)
    by = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "type", "key"], condition=models.Q(latest=True), name="vocabulary_latest_once"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "type", "key", "id"], name="vocabulary_versions")]

    def __str__(self) -> str:
        return self.written
