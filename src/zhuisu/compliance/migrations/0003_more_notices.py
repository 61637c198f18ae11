from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0002_notices"),
        ("registry", "0007_mandates"),
        ("accounts", "0002_audit_append_only"),
    ]
    operations = [migrations.RunSQL((SQL / "0003_more_notices.sql").read_text(), migrations.RunSQL.noop)]
