from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("events", "0012_look_ups")]
    # Backward nothing: it is only how what is long is stored.
    operations = [migrations.RunSQL((SQL / "0013_sealed.sql").read_text(), migrations.RunSQL.noop)]
