from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("compliance", "0001_tables"), ("registry", "0004_roles")]
    operations = [migrations.RunSQL((SQL / "0002_notices.sql").read_text(), migrations.RunSQL.noop)]
