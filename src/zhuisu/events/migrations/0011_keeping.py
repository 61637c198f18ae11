from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"
BACK = """
drop index event_recalled; drop table retention_hold; drop table retention_record;
create table event_body_whole (like event_body including all);
alter table event_body rename to event_body_parts;
insert into event_body_whole select * from event_body_parts;
drop table event_body_parts;
alter table event_body_whole rename to event_body;
alter index event_body_whole_pkey rename to event_body_pkey;
create trigger append_only before update or delete on event_body for each row execute function refuse_change();
create trigger append_only_all before truncate on event_body for each statement execute function refuse_change();
drop function swap_body_parts; drop function write_body_part; drop function open_body_part; drop function lock_bodies;
drop function place_body_part; drop function body_parts;
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0010_tries")]
    operations = [migrations.RunSQL((SQL / "0011_keeping.sql").read_text(), BACK)]
