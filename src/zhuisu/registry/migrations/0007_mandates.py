import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0006_official_and_catalogue")]
    operations = [
        migrations.CreateModel(
            name="Mandate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sector", models.CharField(blank=True, help_text="blank: all sectors", max_length=40)),
                ("valid_from_on", models.DateField()),
                ("valid_to_on", models.DateField(blank=True, help_text="the last day", null=True)),
                ("note", models.CharField(blank=True, help_text="number of the written mandate", max_length=120)),
                ("given_by", models.CharField(max_length=120)),
                ("given_at", models.DateTimeField()),
                ("withdrawn_by", models.CharField(blank=True, max_length=120)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "giver",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mandates_given",
                        to="registry.party",
                    ),
                ),
                (
                    "holder",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mandates_held",
                        to="registry.party",
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["giver", "holder"], name="mandate_giver_holder")]},
        ),
    ]
