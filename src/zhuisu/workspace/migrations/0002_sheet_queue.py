"""A sheet is recorded by the worker: where it stands, and its events until they are all recorded."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workspace", "0001_sheet")]

    operations = [
        migrations.AddField(
            "sheet",
            "region",
            models.CharField(
                blank=True, default="", help_text="where its rows happened, as the register has it", max_length=12
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "sheet",
            "prepared",
            models.BinaryField(default=b"", help_text="events of the good rows, packed, until all are recorded"),
        ),
        migrations.AddField(
            "sheet",
            "state",
            models.CharField(
                choices=[
                    ("open", "looked through, not decided on"),
                    ("queued", "being recorded"),
                    ("done", "recorded"),
                    ("stopped", "stopped by its sender; what was recorded stays"),
                    ("failed", "could not be recorded to its end"),
                ],
                default="open",
                max_length=8,
            ),
        ),
        migrations.AddField(
            "sheet",
            "decided_at",
            models.DateTimeField(blank=True, help_text="when its sender said: record it", null=True),
        ),
        # Undecided sheets have no events prepared: they live a day at most and are sent again.
        migrations.RunSQL(
            "delete from workspace_sheet where sent is null; update workspace_sheet set state = 'done', decided_at = at",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            "sheet", "sent", models.PositiveIntegerField(default=0, help_text="rows handed to capture so far")
        ),
        migrations.AddIndex(
            "sheet", models.Index(condition=models.Q(("state", "queued")), fields=["decided_at"], name="sheet_queued")
        ),
    ]
