"""What tells a web process that something it keeps is no longer true; and a scan written down so that only one is the first."""

from django.db import migrations, models

# Counters that only grow. Adding one would make all writers wait for each other: each takes the first of eight rows that
# nobody holds, else a row of its own (no two live connections have one number), so that nobody waits and nothing deadlocks.
# The sum of a scope is what counts; it changes with the commit, as everything else of that transaction does.
COUNTERS = """
create table verification_change (
  scope smallint not null, slot integer not null, n bigint not null, primary key (scope, slot)
) with (fillfactor = 50);

create function verification_changed(wanted integer) returns void language plpgsql as $$
declare
  own integer := pg_backend_pid();
  place integer := 8 + own;
begin
  for turn in 0..7 loop
    if pg_try_advisory_xact_lock(2053665639, wanted * 8 + (own + turn) % 8) then
      place := (own + turn) % 8;
      exit;
    end if;
  end loop;
  insert into verification_change as here (scope, slot, n) values (wanted, place, 1)
  on conflict (scope, slot) do update set n = here.n + 1;
end $$;

create function verification_register_changed() returns trigger language plpgsql as $$
begin
  perform verification_changed(0);
  return null;
end $$;

create function verification_scope_of(name text) returns integer language sql immutable as $$
  select 1 + (ascii(substr(name, 1, 1)) * 29791 + ascii(substr(name, 2, 1)) * 961
              + ascii(substr(name, 3, 1)) * 31 + ascii(substr(name, 4, 1))) % 255
$$;

create function verification_series_changed() returns trigger language plpgsql as $$
declare
  wanted integer;
begin
  for wanted in select distinct verification_scope_of(s.name) from touched t join registry_series s on s.id = t.series_id
                order by 1 loop
    perform verification_changed(wanted);
  end loop;
  return null;
end $$;

create function verification_own_series_changed() returns trigger language plpgsql as $$
declare
  wanted integer;
begin
  for wanted in select distinct verification_scope_of(t.name) from touched t order by 1 loop
    perform verification_changed(wanted);
  end loop;
  return null;
end $$;
"""
# Read on a page or for a standing, seldom written.
REGISTER = (
    "accounts_organisation", "accounts_apikey", "registry_party", "registry_partyalias", "registry_place",
    "registry_product", "registry_licence", "registry_certificate", "registry_mandate", "registry_issuerkey",
    "registry_importedbatch", "registry_importedpage", "registry_role", "registry_vocabularyelement",
)  # fmt: skip
# Written with every act on codes: a scope for a handful of series, so that one line that packs does not empty all memories.
OF_SERIES = {
    "registry_series": "verification_own_series_changed",
    "registry_batch": "verification_series_changed",
    "registry_statepage": "verification_series_changed",
    "registry_lotspan": "verification_series_changed",
}
PARTS = (("insert", "new"), ("update", "new"), ("delete", "old"))


def _triggers() -> str:
    made = [
        f"create trigger changed after insert or update or delete or truncate on {table} "
        "for each statement execute function verification_register_changed();"
        for table in REGISTER
    ]
    made += [
        f"create trigger changed_{act} after {act} on {table} referencing {which} table as touched "
        f"for each statement execute function {function}();"
        for table, function in OF_SERIES.items()
        for act, which in PARTS
    ]
    return "\n".join(made)


def _no_triggers() -> str:
    gone = [f"drop trigger changed on {table};" for table in REGISTER]
    gone += [f"drop trigger changed_{act} on {table};" for table in OF_SERIES for act, _ in PARTS]
    return "\n".join(gone)


NO_COUNTERS = """
drop function verification_own_series_changed();
drop function verification_series_changed();
drop function verification_scope_of(text);
drop function verification_register_changed();
drop function verification_changed(integer);
drop table verification_change;
"""
# Two who open one thing's page at once must not both be the first: the second waits for the first, then counts again. The
# moments of one thing's scans are kept in the order of writing. The scan itself need not be on the disk before the page is
# shown: a crash of the database forgets at most the last half second of scans, a killed web process none.
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
"""


class Migration(migrations.Migration):
    dependencies = [
        ("verification", "0001_initial"),
        ("accounts", "0002_audit_append_only"),
        ("registry", "0008_vocabulary"),
    ]
    operations = [
        migrations.CreateModel(
            "Change",
            [
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "scope", "slot", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("scope", models.SmallIntegerField()),
                ("slot", models.IntegerField()),
                ("n", models.BigIntegerField(help_text="only grows; the sum of a scope counts")),
            ],
            options={"managed": False, "db_table": "verification_change"},
        ),
        migrations.RunSQL(COUNTERS, NO_COUNTERS),
        migrations.RunSQL(_triggers(), _no_triggers()),
        migrations.RunSQL(
            NOTE, "drop function verification_note(uuid, timestamptz, text, text, uuid, timestamptz, integer)"
        ),
    ]
