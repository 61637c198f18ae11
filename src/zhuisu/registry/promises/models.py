"""What a promise certificate says beyond what every certificate has (农业农村部令 2025 年第 4 号: two fixed forms)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Promise(models.Model):
    """One promise certificate. `said`: what stands on it, by the keys of its label; `about` of the certificate is the lot's
    code, empty where the lot has none."""

    class Form(models.TextChoices):
        PRODUCER = "producer", _("生产者开具")
        BUYER = "buyer", _("收购者开具")

    certificate = models.OneToOneField("registry.Certificate", on_delete=models.PROTECT, related_name="promise")
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="promises")
    form = models.CharField(max_length=8, choices=Form)
    said = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, unique=True, help_text="the form that was sent, and its line")
    event_id = models.CharField(max_length=120, blank=True, help_text="the step that was recorded with it")
    sector = models.CharField(max_length=40, blank=True)
    issued_by = models.CharField(max_length=120)
    void_by = models.CharField(max_length=120, blank=True)
    void_reason = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.certificate.number
