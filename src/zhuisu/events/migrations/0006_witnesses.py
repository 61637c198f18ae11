from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"
BACK = "drop function note_witnesses; drop table witness_queue; drop index event_witness_organisation"


class Migration(migrations.Migration):
    dependencies = [("events", "0005_large_captures")]
    operations = [migrations.RunSQL((SQL / "0006_witnesses.sql").read_text(), BACK)]
