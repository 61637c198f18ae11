"""People, organisations and keys: what a change writes, and what the audit trail refuses."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection, transaction
from django.db.utils import Error

from support import AT
from zhuisu.accounts import queries, services
from zhuisu.accounts.models import ApiKey, AuditEntry, FailedSignIn, Organisation


def test_models_and_migrations_agree(db):
    call_command("makemigrations", "accounts", check=True, dry_run=True, verbosity=0)


def test_every_change_leaves_an_audit_entry(farm):
    person = services.create_person(
        organisation=farm, username="lin", password="sufficient-words-42", role="admin", by="system", at=AT
    )
    key, _ = services.issue_key(organisation=farm, label="ERP", by="person:lin", at=AT)
    services.revoke_key(key, by="person:lin", at=AT)
    services.note_sign_in(person, address="192.0.2.1", at=AT)
    verbs = [entry.verb for entry in AuditEntry.objects.filter(organisation=farm).order_by("id")]
    assert verbs == ["organisation.create", "person.create", "key.issue", "key.revoke", "person.sign_in"]
    assert all(entry.at == AT for entry in queries.audit_of(farm, 10))


@pytest.mark.parametrize(
    "statement",
    [
        "update accounts_auditentry set actor = 'someone else'",
        "delete from accounts_auditentry",
        "truncate accounts_auditentry",
    ],
)
def test_audit_trail_is_append_only(farm, statement):
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditEntry.objects.filter(organisation=farm).count() == 1


def test_key_is_shown_once_and_only_its_digest_kept(farm):
    key, text = services.issue_key(organisation=farm, label="ERP", by="system", at=AT)
    assert text.startswith("zs_")
    assert len(text) == 43
    key.refresh_from_db()
    kept = [str(getattr(key, field.attname)) for field in key._meta.concrete_fields]
    assert not any(text in value or text[12:] in value for value in kept)
    assert not any(text[12:] in str(entry.detail) + entry.target for entry in AuditEntry.objects.all())
    found = queries.key_by_text(text)
    assert found is not None
    assert found.organisation == farm


@pytest.mark.parametrize("text", ["", "zs_", "x" * 43, "zs_" + "a" * 40, "zs_" + "é" * 40, "zs_\0" + "a" * 39])
def test_unknown_keys_open_nothing(farm, text):
    assert queries.key_by_text(text) is None


def test_a_revoked_key_opens_nothing_and_stays_revoked_at_the_first_moment(farm):
    key, text = services.issue_key(organisation=farm, label="ERP", by="system", at=AT)
    assert services.revoke_key(key, by="system", at=AT)
    assert not services.revoke_key(key, by="system", at=AT + timedelta(days=1))
    assert queries.key_by_text(text) is None
    assert ApiKey.objects.get(pk=key.pk).revoked_at == AT


def test_a_weak_password_and_a_bad_label_are_refused(farm):
    with pytest.raises(ValidationError):
        services.create_person(organisation=farm, username="wu", password="12345", role="admin", by="system", at=AT)
    with pytest.raises(ValidationError):
        services.issue_key(organisation=farm, label="", by="system", at=AT)
    assert AuditEntry.objects.filter(organisation=farm).count() == 1


def test_a_party_is_one_organisation(farm):
    with pytest.raises(ValidationError):
        services.create_organisation(kind="enterprise", name="另一家", party=farm.party, by="system", at=AT)
    assert queries.organisation_by_party(farm.party) == farm


def test_a_regulator_without_a_region_would_see_every_region(db):
    with pytest.raises(ValidationError):
        services.create_organisation(
            kind="regulator", name="监管（演示）", party="cn.uscc:91350206MA31QWE52L", by="system", at=AT
        )
    assert not Organisation.objects.filter(party="cn.uscc:91350206MA31QWE52L").exists()


def test_ten_failures_close_the_door_for_that_name_and_address_only(db):
    for _ in range(queries.SIGN_IN_FAILURES):
        assert queries.may_try_sign_in("lin", "192.0.2.1", AT)
        services.note_failed_sign_in("lin", address="192.0.2.1", at=AT)
    assert not queries.may_try_sign_in("lin", "192.0.2.1", AT)
    assert not queries.may_try_sign_in(" LIN ", "192.0.2.1", AT)
    assert queries.may_try_sign_in("lin", "192.0.2.2", AT)
    assert queries.may_try_sign_in("wu", "192.0.2.1", AT)
    later = AT + queries.SIGN_IN_WINDOW
    assert queries.may_try_sign_in("lin", "192.0.2.1", later)
    services.note_failed_sign_in("wu", address="192.0.2.1", at=later + timedelta(seconds=1))
    assert FailedSignIn.objects.count() == 1


@pytest.mark.parametrize("wrong", [{"party": "cn.uscc:x"}, {"party": "花果山"}, {"region": "%"}, {"region": "３５"}])
def test_an_organisation_has_a_code_that_can_be_read_and_a_region_of_digits(db, wrong):
    fields = {
        "kind": "regulator",
        "name": "监管（演示）",
        "party": "cn.uscc:91350206MA31QWE52L",
        "region": "3502",
    } | wrong
    with pytest.raises(ValidationError):
        services.create_organisation(**fields, by="system", at=AT)
