from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("events", "0002_event_capture")]
    operations = [
        migrations.RunSQL(
            (SQL / "0003_event_use.sql").read_text(), "drop function note_use(bigint[]); drop table event_use"
        )
    ]
