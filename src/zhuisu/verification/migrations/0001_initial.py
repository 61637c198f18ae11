import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

# Looks are counted for a minute: not worth a line of the write-ahead log each.
LOOKS = """
create unlogged table verification_looks (
  door uuid not null, minute bigint not null, looks integer not null, misses integer not null,
  primary key (door, minute)
);
create index looks_minute on verification_looks (minute);
"""
# A scan goes when its time is over, a finding stays; neither is ever changed.
GUARDS = """
create function verification_refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'what was seen stays as it was in %', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger unchanged before update on verification_scan
  for each row execute function verification_refuse_change();
create trigger append_only before update or delete on verification_finding
  for each row execute function verification_refuse_change();
"""
FREE = """
drop trigger unchanged on verification_scan;
drop trigger append_only on verification_finding;
drop function verification_refuse_change();
"""
KINDS = [
    ("repeated-sale", "同一件重复售出"),
    ("sold-after-recall", "召回后仍售出"),
    ("impossible-travel", "短时间内在相距很远的两地被扫"),
    ("forged-burst", "大量查询不存在的码"),
]
KEY = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


class Migration(migrations.Migration):
    initial = True
    dependencies = [("accounts", "0002_audit_append_only")]
    operations = [
        migrations.CreateModel(
            "Scan",
            [
                KEY,
                ("item", models.UUIDField(help_text="key of the canonical code (codes.Code.key)")),
                ("at", models.DateTimeField()),
                (
                    "region",
                    models.CharField(
                        blank=True, help_text="GB/T 2260, no finer than a city; empty: not known", max_length=6
                    ),
                ),
                (
                    "state",
                    models.CharField(help_text="what the page said of the thing (judgement.State)", max_length=16),
                ),
                ("source", models.UUIDField(help_text="keyed digest of day and network, never the address itself")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["item", "at"], name="scan_item_at"),
                    models.Index(fields=["at"], name="scan_at"),
                ]
            },
        ),
        migrations.CreateModel(
            "Finding",
            [
                KEY,
                ("kind", models.CharField(choices=KINDS, max_length=24)),
                (
                    "cause",
                    models.CharField(
                        help_text="SHA-256 of what it was raised for: the same cause raises nothing", max_length=64
                    ),
                ),
                (
                    "item",
                    models.TextField(blank=True, help_text="canonical code; empty where it is about no single thing"),
                ),
                ("at", models.DateTimeField()),
                (
                    "organisation",
                    models.ForeignKey(
                        "accounts.Organisation",
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                    ),
                ),
                (
                    "regions",
                    django.contrib.postgres.fields.ArrayField(
                        models.CharField(max_length=6),
                        default=list,
                        help_text="GB/T 2260 codes that it concerns",
                        size=None,
                    ),
                ),
                ("detail", models.JSONField(default=dict)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organisation", "at"], name="finding_organisation_at"),
                    models.Index(fields=["item"], name="finding_item"),
                ],
                "constraints": [models.UniqueConstraint(fields=("kind", "cause"), name="finding_once")],
            },
        ),
        migrations.CreateModel(
            "Looks",
            [
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "door", "minute", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("door", models.UUIDField()),
                ("minute", models.BigIntegerField(help_text="minutes since 1970")),
                ("looks", models.IntegerField()),
                ("misses", models.IntegerField()),
            ],
            options={"managed": False, "db_table": "verification_looks"},
        ),
        migrations.RunSQL(LOOKS, "drop table verification_looks"),
        migrations.RunSQL(GUARDS, FREE),
    ]
