"""Lists of a region's kinds of product with their dates, and departments with theirs."""

from typing import ClassVar

from django.db import models


class CatalogueList(models.Model):
    """One document that makes kinds of product mandatory in a region, or names its departments."""

    name = models.CharField(max_length=60, unique=True)
    region = models.CharField(
        max_length=6, blank=True, help_text="GB/T 2260, as many digits as it covers; blank: the country"
    )
    title = models.CharField(max_length=120)
    title_en = models.CharField(max_length=200)
    source = models.CharField(max_length=200, help_text="law or document")
    source_en = models.CharField(max_length=300)
    evidence = models.CharField(max_length=12, help_text="law, standard, source or memory")
    note = models.CharField(max_length=400, blank=True)
    note_en = models.CharField(max_length=600, blank=True)
    unmapped = models.JSONField(default=list, help_text="what the document lists and no kind of a profile stands for")
    loaded_at = models.DateTimeField()
    loaded_by = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.name


class CatalogueEntry(models.Model):
    """One kind of product that must be traced: sector.kind, or a whole sector."""

    catalogue = models.ForeignKey(CatalogueList, on_delete=models.CASCADE, related_name="entries")
    kind = models.CharField(max_length=80, db_index=True)
    text = models.CharField(max_length=120, help_text="as the document writes it")
    text_en = models.CharField(max_length=200)
    article = models.CharField(max_length=80)
    function = models.CharField(max_length=40, blank=True, help_text="of the department that answers for it")
    valid_from_on = models.DateField()
    valid_to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["catalogue", "kind", "text", "valid_from_on"], name="catalogue_entry_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.valid_from_on}"


class Department(models.Model):
    """Who held a function of the state in a region, from when to when, and who took it over."""

    catalogue = models.ForeignKey(CatalogueList, on_delete=models.CASCADE, related_name="departments")
    function = models.CharField(max_length=40)
    region = models.CharField(max_length=6, blank=True)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=160)
    valid_from_on = models.DateField()
    valid_to_on = models.DateField(null=True, blank=True)
    successor = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="predecessors")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["function", "region", "valid_from_on"], name="department_once")]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["region", "function"], name="department_of")]

    def __str__(self) -> str:
        return self.name
