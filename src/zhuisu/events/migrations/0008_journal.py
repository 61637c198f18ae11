from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"
BACK = """
drop function keep_document; drop table projection_pace; drop index capture_queue_turn;
alter table capture_queue drop column organisation, drop column received_at, drop column octets, drop column events, drop column large
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0007_sent_again")]
    operations = [migrations.RunSQL((SQL / "0008_journal.sql").read_text(), BACK)]
