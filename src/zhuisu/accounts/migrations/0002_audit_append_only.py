from django.db import migrations, models
from django.db.models.deletion import DO_NOTHING

APPEND_ONLY = """
create function accounts_refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'evidence in % is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger append_only before update or delete on accounts_auditentry
  for each row execute function accounts_refuse_change();
create trigger append_only_all before truncate on accounts_auditentry
  for each statement execute function accounts_refuse_change();
"""
FREE = """
drop trigger append_only on accounts_auditentry;
drop trigger append_only_all on accounts_auditentry;
drop function accounts_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [
        migrations.AlterField(
            "auditentry",
            "organisation",
            models.ForeignKey("accounts.Organisation", on_delete=DO_NOTHING, null=True, db_constraint=False),
        ),
        migrations.AlterModelOptions("auditentry", {"managed": False}),
        migrations.RunSQL(APPEND_ONLY, FREE),
        migrations.CreateModel(
            "FailedSignIn",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "door",
                    models.CharField(
                        max_length=64, help_text="SHA-256 of name and address: a typed name may be a password"
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
            options={"indexes": [models.Index(fields=["door", "at"], name="failed_sign_in_door_at")]},
        ),
    ]
