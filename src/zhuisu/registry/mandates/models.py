"""A mandate (授权委托): one party lets another record acts for which it answers."""

from django.db import models


class Mandate(models.Model):
    """Whom a party lets record in its name. It may end before it begins: then it was withdrawn before it ever held."""

    giver = models.ForeignKey("registry.Party", on_delete=models.CASCADE, related_name="mandates_given")
    holder = models.ForeignKey("registry.Party", on_delete=models.CASCADE, related_name="mandates_held")
    sector = models.CharField(max_length=40, blank=True, help_text="blank: all sectors")
    valid_from_on = models.DateField()
    valid_to_on = models.DateField(null=True, blank=True, help_text="the last day")
    note = models.CharField(max_length=120, blank=True, help_text="number of the written mandate")
    given_by = models.CharField(max_length=120)
    given_at = models.DateTimeField()
    withdrawn_by = models.CharField(max_length=120, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["giver", "holder"], name="mandate_giver_holder")]

    def __str__(self) -> str:
        return f"{self.giver_id} → {self.holder_id} {self.sector}".rstrip()
