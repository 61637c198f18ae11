"""A scan in one go: which one it is, written down if it is new, and where the thing was seen shortly before."""

from django.db import migrations, models

NUMBERED = """
alter table verification_scan disable trigger unchanged;
update verification_scan s set number = r.number
from (select id, row_number() over (partition by item order by at, id) as number from verification_scan) r
where r.id = s.id and r.number > 1;
alter table verification_scan enable trigger unchanged;
"""
# Whoever scans waits for those who scan the same thing at this moment, and only then counts: no two are told that they are
# the first, or the seventh. The moments of one thing's scans are kept in the order of writing. The scan itself need not be on
# the disk before the page is shown: a crash of the database forgets at most the last half second of scans, a killed web
# process none. A look that does not count writes nothing and waits for nobody. Each statement finds one row, however often the
# thing was scanned: a code that was copied is scanned by thousands.
# Plans that a session made while there were few scans would go on to read all of them when there are many.
SCANNED = """
create type verification_scans as (
  earlier integer, fresh boolean, first_at timestamptz, first_region text, last_at timestamptz, last_region text,
  elsewhere_at timestamptz[], elsewhere text[]
);

create function verification_scanned(
  thing uuid, seen_at timestamptz, place text, said text, who uuid, counts boolean, same interval, journey interval,
  most integer
) returns verification_scans language plpgsql set enable_seqscan = off as $$
declare
  told verification_scans;
  mine timestamptz;
begin
  if counts then
    perform pg_advisory_xact_lock(uuid_hash_extended(thing, 2053665640));
  end if;
  select at into mine from verification_scan
  where item = thing and source = who and at > seen_at - same order by at desc limit 1;
  told.fresh := counts and mine is null;
  mine := coalesce(mine, 'infinity');
  select at, region, number into told.last_at, told.last_region, told.earlier
  from verification_scan where item = thing and at < mine order by at desc limit 1;
  if told.earlier is null then
    told.earlier := 0;
  else
    select at, region into told.first_at, told.first_region
    from verification_scan where item = thing order by at limit 1;
  end if;
  if told.fresh then
    if place <> '' then
      select array_agg(at order by at desc), array_agg(region order by at desc) into told.elsewhere_at, told.elsewhere
      from (select at, region from verification_scan
            where item = thing and at between seen_at - journey and seen_at + journey and region <> ''
            order by at desc, id desc limit most) s
      where left(region, 2) <> left(place, 2);
    end if;
    if told.last_at >= seen_at and told.last_at < seen_at + interval '1 minute' then
      seen_at := told.last_at + interval '1 microsecond';
    end if;
    perform set_config('synchronous_commit', 'off', true);
    insert into verification_scan (item, at, region, state, source, number)
    values (thing, seen_at, place, said, who, told.earlier + 1);
  end if;
  return told;
end $$;
drop function verification_note(uuid, timestamptz, text, text, uuid, timestamptz, integer);
"""
NOTE = """
create function verification_note(
  thing uuid, seen_at timestamptz, place text, said text, who uuid, since timestamptz, most integer
) returns integer language plpgsql as $$
declare
  before integer;
  latest timestamptz;
begin
  perform set_config('synchronous_commit', 'off', true);
  perform pg_advisory_xact_lock(uuid_hash_extended(thing, 2053665640));
  select count(*), max(at) into before, latest
  from (select at from verification_scan where item = thing order by at desc limit most) s;
  if latest >= seen_at and latest < seen_at + interval '1 minute' then
    seen_at := latest + interval '1 microsecond';
  end if;
  insert into verification_scan (item, at, region, state, source) select thing, seen_at, place, said, who
  where not exists (select 1 from verification_scan where item = thing and source = who and at > since);
  return before;
end $$;
drop function verification_scanned(uuid, timestamptz, text, text, uuid, boolean, interval, interval, integer);
drop type verification_scans;
"""


class Migration(migrations.Migration):
    dependencies = [("verification", "0002_changes")]
    operations = [
        migrations.AddField(
            "Scan", "number", models.IntegerField(db_default=1, help_text="which scan of the thing it is, from 1")
        ),
        migrations.RunSQL(NUMBERED, migrations.RunSQL.noop),
        migrations.AddIndex("Scan", models.Index(fields=["item", "source", "at"], name="scan_item_source")),
        migrations.RunSQL(SCANNED, NOTE),
    ]
