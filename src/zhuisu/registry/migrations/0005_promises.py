"""Promise certificates, and that a certificate may be voided."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("registry", "0004_roles"),
    ]

    operations = [
        migrations.AddField(
            model_name="certificate",
            name="voided_at",
            field=models.DateTimeField(blank=True, help_text="from then on it proves nothing", null=True),
        ),
        migrations.CreateModel(
            name="Promise",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("form", models.CharField(choices=[("producer", "生产者开具"), ("buyer", "收购者开具")], max_length=8)),
                ("said", models.JSONField(default=dict)),
                (
                    "request_id",
                    models.CharField(help_text="the form that was sent, and its line", max_length=64, unique=True),
                ),
                (
                    "event_id",
                    models.CharField(blank=True, help_text="the step that was recorded with it", max_length=120),
                ),
                ("sector", models.CharField(blank=True, max_length=40)),
                ("issued_by", models.CharField(max_length=120)),
                ("void_by", models.CharField(blank=True, max_length=120)),
                ("void_reason", models.CharField(blank=True, max_length=200)),
                (
                    "certificate",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="promise", to="registry.certificate"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="promises",
                        to="accounts.organisation",
                    ),
                ),
            ],
        ),
    ]
