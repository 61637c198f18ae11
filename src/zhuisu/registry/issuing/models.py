"""What is kept of codes: series, ranges handed out, two bits of state a code, lots as spans, and an append-only log of acts."""

import zlib
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from zhuisu import codes
from zhuisu.codes import zs_unit

BYTES = "C"  # texts that are compared by "first to last" must sort by their bytes, whatever the database's language is


class PackLevel(models.TextChoices):
    """The package level that a code stands on (GB/T 38155: single product, inner pack, outer case, pallet)."""

    ITEM = "item", _("单品")
    PACK = "pack", _("中包装")
    CASE = "case", _("外箱")
    PALLET = "pallet", _("托盘")


class IssuerKey(models.Model):
    """That a key file was made for an issuer, and its fingerprint. The key itself is never in the database."""

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="issuer_keys")
    version = models.PositiveSmallIntegerField(help_text="one byte of the tweak, so at most 255")
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the key, hexadecimal")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "version"], name="issuer_key_once")]

    def __str__(self) -> str:
        return f"{self.organisation_id}.{self.version} {self.fingerprint[:12]}"


class Series(models.Model):
    """Four characters under which one organisation counts the codes of one product at one level."""

    name = models.CharField(max_length=4, unique=True)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="series")
    product = models.ForeignKey("registry.Product", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # Written down when the series opens: what is printed must not change with the product's row.
    gtin = models.CharField(max_length=14, blank=True, db_index=True)
    level = models.CharField(max_length=8, choices=PackLevel)
    key = models.ForeignKey(IssuerKey, on_delete=models.PROTECT, related_name="series")
    next_counter = models.BigIntegerField(default=0)
    opened_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["organisation", "product", "level"], name="series_of_product"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def key_version(self) -> int:
        """The version of the issuer's key that its codes are made with."""
        return int(self.key.version)

    def canonical(self, text16: str) -> str:
        """The canonical identity of a thing with this code: an SGTIN where the product has a GTIN, else the code itself."""
        return f"gs1.sgtin:{self.path(text16)}" if self.gtin else f"zs.unit:{text16}"

    def path(self, text16: str) -> str:
        """The path of its Digital Link or, without GTIN, of its address at this platform; no slash before it."""
        return f"01/{self.gtin}/21/{text16}" if self.gtin else f"i/zs.unit/{text16}"


class Batch(models.Model):
    """A range of counters handed out by one order."""

    series = models.ForeignKey(Series, on_delete=models.PROTECT, db_index=False, related_name="batches")
    first = models.BigIntegerField()
    count = models.PositiveIntegerField()
    roll_size = models.PositiveIntegerField(null=True, blank=True, help_text="codes a roll; empty: not cut into rolls")
    note = models.CharField(max_length=200, blank=True)
    # The sender's own number of the order, behind the organisation's, so that the same order sent twice is one batch.
    request_id = models.CharField(max_length=160, unique=True, null=True, blank=True)
    request_digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of that order, hexadecimal")
    by = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "first"], name="batch_once")]

    def __str__(self) -> str:
        return f"{self.series_id}: {self.first}+{self.count}"

    @property
    def last(self) -> int:
        """The last counter of the range."""
        return int(self.first + self.count - 1)

    @property
    def rolls(self) -> int:
        """How many rolls it is cut into; 0 where it is not cut. The last one may be shorter."""
        return -(-self.count // self.roll_size) if self.roll_size else 0

    def code_at(self, key: bytes, place: int) -> str:
        """The code at a place (0 to count - 1) of the range."""
        return zs_unit.code_of(key, self.series.key_version, self.series.name, self.first + place)


class StatePage(models.Model):
    """The states of 7,680 codes of a series (see states.py). No page: all of them as they were issued."""

    series = models.ForeignKey(Series, on_delete=models.PROTECT, db_index=False, related_name="+")
    page = models.PositiveIntegerField(help_text="counter // 7680")
    bits = models.BinaryField(help_text="zlib over 1,920 bytes, two bits a code")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "page"], name="state_page_once")]

    def __str__(self) -> str:
        return f"{self.series_id} page {self.page}"


class LotSpan(models.Model):
    """Counters that carry one lot number and its dates. Spans of a series never overlap."""

    series = models.ForeignKey(Series, on_delete=models.PROTECT, db_index=False, related_name="spans")
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    lot = models.CharField(max_length=40, blank=True)
    produced_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "first"], name="lot_span_once")]

    def __str__(self) -> str:
        return f"{self.series_id}: {self.first}–{self.last} {self.lot}"


class Act(models.Model):
    """One line of the issue log: which codes became what, by whom, when. Append-only (migration 0002)."""

    class Verb(models.TextChoices):
        ISSUE = "issue", _("赋码")
        ACTIVATE = "activate", _("启用")
        VOID = "void", _("作废")
        USE = "use", _("使用")

    verb = models.CharField(max_length=12, choices=Verb)
    # No constraints in the database: the log outlives what it speaks of, as the audit trail does.
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    series = models.ForeignKey(
        Series, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="acts"
    )
    batch = models.ForeignKey(
        Batch, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="acts"
    )
    first = models.BigIntegerField(help_text="the lowest counter of all its ranges")
    last = models.BigIntegerField(help_text="the highest")
    ranges = models.JSONField(default=list, help_text="[[first, last], …] of counters, the first 1,000 ranges")
    count = models.PositiveIntegerField(help_text="codes changed, whatever the ranges show")
    lot = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        managed = False  # so that Django's own flush leaves the table alone
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["batch", "id"], name="act_of_batch"),
            models.Index(fields=["batch", "first"], name="act_about_code"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%F %T} {self.by} {self.verb} {self.count}"


class ImportedBatch(models.Model):
    """Codes of another authority, as an enterprise got them: one file or one range."""

    class Kind(models.TextChoices):
        RANGE = "range", _("号段")
        LIST = "list", _("清单")
        TREE = "tree", _("包装关系")

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="imported_batches")
    scheme = models.CharField(max_length=40)
    kind = models.CharField(max_length=8, choices=Kind)
    product = models.ForeignKey("registry.Product", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    digest = models.CharField(max_length=64, help_text="SHA-256 of what was sent, hexadecimal")
    lo = models.CharField(max_length=300, db_collation=BYTES)
    hi = models.CharField(max_length=300, db_collation=BYTES)
    count = models.BigIntegerField()
    lot = models.CharField(max_length=40, blank=True)
    produced_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "scheme", "digest"], name="imported_batch_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["scheme", "kind", "lo", "hi"], name="imported_span")
        ]

    def __str__(self) -> str:
        return f"{self.scheme} {self.lo}…"


class ImportedPage(models.Model):
    """Some 2,000 codes of an imported batch, sorted. Empty `body`: every number from first to last."""

    batch = models.ForeignKey(ImportedBatch, on_delete=models.CASCADE, db_index=False, related_name="pages")
    first = models.CharField(max_length=300, db_collation=BYTES)
    last = models.CharField(max_length=300, db_collation=BYTES)
    body = models.BinaryField(help_text="zlib over the codes, one a line")
    # Files of one product overlap from end to end: by first and last alone each of them would have to be unpacked for a scan.
    marks = ArrayField(models.IntegerField(), default=list, help_text="mark_of each code; of a range none")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "first"], name="imported_page_once")]
        indexes: ClassVar[list[models.Index]] = [GinIndex(fields=["marks"], fastupdate=False, name="imported_mark")]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.first}…"

    def codes(self) -> list[str]:
        """The codes of the page, sorted; none are listed where it is a range."""
        return zlib.decompress(bytes(self.body)).decode().split("\n") if self.body else []

    def holds(self, value: str) -> bool:
        """Whether a code is on the page."""
        if self.body:
            return value in self.codes()
        # Texts sort by their bytes: "100" to "200" would hold "1500" too, were it not for the length.
        return len(value) == len(self.first) and value.isdigit() and self.first <= value <= self.last


def mark_of(scheme: str, value: str) -> int:
    """24 bits of an imported code, by which its page is found: of 8,000 other pages one has the same mark by chance."""
    return zlib.crc32(f"{scheme}:{value}".encode()) & 0xFFFFFF


def gtin_of(product: Any) -> str:
    """The fourteen digits of a product's GTIN, or nothing where its code is of another scheme."""
    if product is None:
        return ""
    code = codes.from_canonical(product.code)
    return code.value.partition("/")[2] if code.scheme == "gs1.gtin" else ""
