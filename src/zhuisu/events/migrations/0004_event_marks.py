from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("events", "0003_event_use")]
    operations = [
        migrations.RunSQL(
            (SQL / "0004_event_marks.sql").read_text(),
            "drop index event_recorded; alter table event drop column marks",
        )
    ]
