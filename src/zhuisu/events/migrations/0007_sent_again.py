from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("events", "0006_witnesses")]
    operations = [migrations.RunSQL((SQL / "0007_sent_again.sql").read_text(), "drop index capture_sha256")]
