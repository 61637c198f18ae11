from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("registry", "0001_initial")]
    operations = [migrations.RunSQL((SQL / "0001_tables.sql").read_text(), migrations.RunSQL.noop)]
