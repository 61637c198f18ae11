from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("events", "0011_keeping")]
    # Backward nothing: each function does what the one before it did.
    operations = [migrations.RunSQL((SQL / "0012_look_ups.sql").read_text(), migrations.RunSQL.noop)]
