"""A register of approvals as its authority published it, and its lines."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

NAME_LENGTH = 60  # characters of a register's name: a word of a profile
NUMBER_LENGTH = 120  # characters of an approval number; the longest known has under fifty


class Register(models.Model):
    """One register, whole: a new file replaces the old one. Its name is what profiles call it (Field.register)."""

    name = models.CharField(max_length=NAME_LENGTH, unique=True)
    title = models.CharField(max_length=120)
    title_en = models.CharField(max_length=160, blank=True)
    source = models.CharField(max_length=300, help_text="who published the file, and where")
    as_of_on = models.DateField(help_text="the day that the file stands for")
    entries = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file, hexadecimal")
    loaded_at = models.DateTimeField()
    loaded_by = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.name


class RegisterEntry(models.Model):
    """One approval. `key` is its number in one spelling; `codes` are codes, or parts of codes, that lead to it."""

    register = models.ForeignKey(Register, on_delete=models.CASCADE, related_name="lines")
    key = models.CharField(max_length=NUMBER_LENGTH)
    number = models.CharField(max_length=NUMBER_LENGTH, help_text="as the authority writes it")
    name = models.CharField(max_length=200, blank=True)
    holder = models.CharField(max_length=200, blank=True)
    valid_from_on = models.DateField(null=True, blank=True)
    valid_to_on = models.DateField(null=True, blank=True)
    withdrawn_on = models.DateField(null=True, blank=True)
    codes = ArrayField(models.CharField(max_length=NUMBER_LENGTH), default=list)
    details = models.JSONField(default=dict, help_text="every other column of the file, by its heading")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["register", "key"], name="register_entry_once")]
        indexes: ClassVar[list[models.Index]] = [GinIndex(fields=["codes"], name="register_entry_codes")]

    def __str__(self) -> str:
        return self.number
