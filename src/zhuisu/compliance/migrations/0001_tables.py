from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("events", "0001_tables"), ("registry", "0004_roles")]
    operations = [migrations.RunSQL((SQL / "0001_tables.sql").read_text(), migrations.RunSQL.noop)]
