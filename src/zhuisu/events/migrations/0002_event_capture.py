from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("events", "0001_tables")]
    operations = [migrations.RunSQL((SQL / "0002_event_capture.sql").read_text(), "drop index event_capture")]
