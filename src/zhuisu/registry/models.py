"""Master data. Every row is found by the canonical code of the thing it describes (codes.Code.canonical)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from zhuisu.registry.catalogue.models import CatalogueEntry, CatalogueList, Department
from zhuisu.registry.issuing.models import (
    Act,
    Batch,
    ImportedBatch,
    ImportedPage,
    IssuerKey,
    LotSpan,
    PackLevel,
    Series,
    StatePage,
)
from zhuisu.registry.mandates.models import Mandate
from zhuisu.registry.official.models import Register, RegisterEntry
from zhuisu.registry.promises.models import Promise
from zhuisu.registry.vocabulary.models import VocabularyElement

__all__ = [
    "Act",
    "Batch",
    "CatalogueEntry",
    "CatalogueList",
    "Certificate",
    "Department",
    "ImportedBatch",
    "ImportedPage",
    "IssuerKey",
    "Licence",
    "LotSpan",
    "Mandate",
    "PackLevel",
    "Party",
    "PartyAlias",
    "Place",
    "Product",
    "Promise",
    "Quota",
    "Register",
    "RegisterEntry",
    "Role",
    "Series",
    "StatePage",
    "VocabularyElement",
]


class Party(models.Model):
    """Someone who answers for something: a farm, a slaughterhouse, a stall, a market's operator."""

    code = models.CharField(max_length=120, unique=True, help_text="canonical code, such as cn.uscc:9135…")
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    kind = models.CharField(max_length=40, blank=True, help_text="farm, slaughterhouse, wholesale_market …")
    region = models.CharField(max_length=6, blank=True, help_text="GB/T 2260")
    phone = models.CharField(max_length=40, blank=True, help_text="the number on the label, never a private one")
    # That an operator of the platform has compared name and code with the business licence (营业执照).
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.CharField(max_length=120, blank=True)
    verified_note = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name


class PartyAlias(models.Model):
    """Another code of the same party: a PGLN beside its 统一社会信用代码."""

    code = models.CharField(max_length=120, unique=True)
    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="aliases")

    def __str__(self) -> str:
        return self.code


class Place(models.Model):
    """Where things happen. Region names are shown; coordinates are never needed."""

    code = models.CharField(max_length=120, unique=True, help_text="canonical code, such as gs1.sgln:414/…")
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    kind = models.CharField(max_length=40, blank=True)
    region = models.CharField(max_length=6, blank=True, help_text="GB/T 2260")
    region_name = models.CharField(max_length=60, blank=True, help_text="such as 厦门市 同安区")
    region_name_en = models.CharField(max_length=80, blank=True)
    operator = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, blank=True, related_name="places")
    parent = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="parts")

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """A kind of thing with a code of its own (GTIN) or a kind of animal or crop without one."""

    code = models.CharField(max_length=120, unique=True, help_text="canonical code, such as gs1.gtin:01/0690…")
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    category = models.CharField(max_length=40, blank=True, help_text="one of the seven classes")
    kind = models.CharField(max_length=80, blank=True, help_text="kind of a sector's profile: sector.kind")
    specification = models.CharField(max_length=120, blank=True)
    specification_en = models.CharField(max_length=160, blank=True)
    unit = models.CharField(max_length=3, blank=True, help_text="UN/ECE Rec 20: KGM, LTR, EA …")
    storage = models.CharField(max_length=120, blank=True)
    storage_en = models.CharField(max_length=160, blank=True)
    shelf_days = models.PositiveIntegerField(null=True, blank=True)
    icon = models.CharField(max_length=24, blank=True, help_text="pork, milk, vegetable … a picture of the portal")
    holder = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, blank=True, related_name="products")

    def __str__(self) -> str:
        return self.name


class Licence(models.Model):
    """A right to act, with its dates."""

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="licences")
    kind = models.CharField(max_length=60)
    kind_en = models.CharField(max_length=80, blank=True)
    number = models.CharField(max_length=60)
    valid_from_on = models.DateField()
    valid_to_on = models.DateField(null=True, blank=True)
    # What it allows: the products it lists, or where it lists none, those of the category; neither: as its kind says.
    category = models.CharField(max_length=40, blank=True)
    products = models.ManyToManyField(Product, blank=True, related_name="licences")

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class Role(models.Model):
    """What a party does in a sector, with its dates: one of the roles of the sector's profile."""

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="roles")
    sector = models.CharField(max_length=40)
    role = models.CharField(max_length=40)
    valid_from_on = models.DateField()
    valid_to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["party", "sector", "role", "valid_from_on"], name="role_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.sector}.{self.role}"


class Quota(models.Model):
    """How much a party may bring forth of a sector's kinds in a time, as the authority set it (总量控制指标)."""

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="quotas")
    sector = models.CharField(max_length=40)
    kind = models.CharField(max_length=40, blank=True, help_text="blank: all kinds of the sector")
    amount = models.DecimalField(max_digits=24, decimal_places=6)
    unit = models.CharField(max_length=3, help_text="UN/ECE Rec 20")
    valid_from_on = models.DateField()
    valid_to_on = models.DateField()
    number = models.CharField(max_length=80, blank=True, help_text="of the document that set it")

    def __str__(self) -> str:
        return f"{self.sector} {self.amount} {self.unit}"


class Certificate(models.Model):
    """A document about items: who issued it, for which item or event, and the digest of the file."""

    class Kind(models.TextChoices):
        QUARANTINE = "quarantine", _("检疫")
        INSPECTION = "inspection", _("检验")
        PROMISE = "promise", _("合格证")
        TEST = "test", _("检测")
        ORIGIN = "origin", _("产地")

    kind = models.CharField(max_length=16, choices=Kind)
    number = models.CharField(max_length=80)
    title = models.CharField(max_length=120)
    title_en = models.CharField(max_length=160, blank=True)
    about = models.CharField(max_length=120, db_index=True, help_text="canonical code of the item")
    issuer = models.CharField(max_length=120)
    issuer_en = models.CharField(max_length=160, blank=True)
    issued_at = models.DateTimeField()
    conclusion = models.CharField(max_length=120, blank=True)
    conclusion_en = models.CharField(max_length=160, blank=True)
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the file, hexadecimal")
    voided_at = models.DateTimeField(null=True, blank=True, help_text="from then on it proves nothing")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "number", "about"], name="certificate_once")]

    def __str__(self) -> str:
        return f"{self.title} {self.number}"
