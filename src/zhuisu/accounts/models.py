"""Who may act here, for whom, and what they did."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Organisation(models.Model):
    """A tenant: an enterprise that records, an authority that looks, or the operator that runs the platform."""

    class Kind(models.TextChoices):
        ENTERPRISE = "enterprise", _("企业")
        REGULATOR = "regulator", _("监管部门")
        OPERATOR = "operator", _("平台运营方")

    kind = models.CharField(max_length=16, choices=Kind)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    party = models.CharField(max_length=80, unique=True, help_text="canonical code, such as cn.uscc:91350200…")
    region = models.CharField(
        max_length=6,
        blank=True,
        validators=[RegexValidator(r"^[0-9]*\Z")],
        help_text="GB/T 2260 code; of a regulator, what it answers for (3502 = Xiamen)",
    )

    def __str__(self) -> str:
        return self.name


class Person(AbstractUser):
    """Someone who signs in. Acts for one organisation."""

    class Role(models.TextChoices):
        ADMIN = "admin", _("管理员")
        MEMBER = "member", _("操作员")
        READER = "reader", _("只读")

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="people")
    role = models.CharField(max_length=16, choices=Role, default=Role.MEMBER)
    REQUIRED_FIELDS: ClassVar[list[str]] = []


class ApiKey(models.Model):
    """What a system signs in with. Only the digest is kept; the key itself is shown once."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="keys")
    label = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, help_text="first characters, so that people can tell keys apart")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the key, hexadecimal")
    may_capture = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.label} ({self.prefix}…)"


class AuditEntry(models.Model):
    """Who did what to which thing, when. Never changed, never deleted (a trigger sees to it)."""

    at = models.DateTimeField(db_index=True)
    # No constraint in the database: evidence outlives what it speaks of, as in the event tables.
    organisation = models.ForeignKey(Organisation, on_delete=models.DO_NOTHING, null=True, db_constraint=False)
    actor = models.CharField(max_length=120, help_text="person:NAME, key:PREFIX or system")
    verb = models.CharField(max_length=60)
    target = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        # Append-only means that Django's own flush must not touch the table either (migration 0002 has the trigger).
        managed = False

    def __str__(self) -> str:
        return f"{self.at:%F %T} {self.actor} {self.verb} {self.target}"


class FailedSignIn(models.Model):
    """A wrong password, remembered for a while so that guessing can be stopped. Holds neither name nor address."""

    door = models.CharField(max_length=64, help_text="SHA-256 of name and address: a typed name may be a password")
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["door", "at"], name="failed_sign_in_door_at")]

    def __str__(self) -> str:
        return f"{self.at:%F %T} {self.door[:12]}"
