"""Where codes lead: links that holders register, and forwards to the platforms that answer for other people's codes."""

from django.db import models
from django.db.models import Q

HREF_LENGTH = 2000  # characters of a target: browsers and symbols hold about as much
ANCHOR_LENGTH = 400  # canonical text of a code; the longest GS1 key with its qualifiers has under 200
TITLE_LENGTH = 120


class Link(models.Model):
    """One target of one code: of an item, a lot, a variant, a product, or any other key."""

    anchor = models.CharField(max_length=ANCHOR_LENGTH, help_text="canonical code, such as gs1.gtin:01/0690…")
    link_type = models.CharField(max_length=120, help_text="full address, such as https://gs1.org/voc/pip")
    href = models.CharField(max_length=HREF_LENGTH)
    title = models.CharField(max_length=TITLE_LENGTH)
    title_en = models.CharField(max_length=TITLE_LENGTH, blank=True)
    language = models.CharField(max_length=5, blank=True, help_text="zh, en, zh-CN")
    media_type = models.CharField(max_length=80, blank=True, help_text="IANA media type, such as text/html")
    context = models.CharField(max_length=40, blank=True, help_text="where it holds, such as CN")
    # The default is followed where a request asks for nothing else; the multi ones are preferred to it where their language,
    # media type or context is what the request likes best (gs1:defaultLink and gs1:defaultLinkMulti).
    is_default = models.BooleanField(default=False)
    is_multi = models.BooleanField(default=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="links")
    by = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["anchor", "link_type", "href", "language", "media_type", "context"], name="link_once"
            ),
            models.UniqueConstraint(fields=["anchor"], condition=Q(is_default=True), name="link_one_default"),
        ]

    def __str__(self) -> str:
        return f"{self.anchor} {self.link_type} {self.href}"


class Forward(models.Model):
    """A range of codes that another platform resolves: a scheme and how its values begin. The longest beginning wins."""

    scheme = models.CharField(max_length=40, help_text="a scheme such as cn.drug_trace_msfx; gs1 for company prefixes")
    prefix = models.CharField(max_length=40, blank=True, help_text="empty: every code of the scheme")
    template = models.CharField(max_length=HREF_LENGTH, help_text="address with {value}")
    name = models.CharField(max_length=TITLE_LENGTH, help_text="of the platform, as people are told")
    name_en = models.CharField(max_length=TITLE_LENGTH, blank=True)
    by = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scheme", "prefix"], name="forward_once")]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.prefix}… {self.name}"
