from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"
BACK = "drop function item_parts; drop function event_parts; drop function items_by_id; drop function items_by_hash; drop function hold_seen"


class Migration(migrations.Migration):
    dependencies = [("events", "0008_journal")]
    operations = [migrations.RunSQL((SQL / "0009_reading.sql").read_text(), BACK)]
