from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"
BACK = """
drop table capture_progress; drop table capture_upload; drop table capture_piece; drop function refuse_piece_change();
alter table capture drop column pieces; alter table capture_result drop column omitted; alter table log_queue drop column capture
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0004_event_marks")]
    operations = [migrations.RunSQL((SQL / "0005_large_captures.sql").read_text(), BACK)]
