from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"
BACK = "drop table capture_aside; alter table capture_queue drop column tries"


class Migration(migrations.Migration):
    dependencies = [("events", "0009_reading")]
    operations = [migrations.RunSQL((SQL / "0010_tries.sql").read_text(), BACK)]
