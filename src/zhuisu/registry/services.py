"""Writes of master data that decide what a party may do here."""

from datetime import datetime

from django.db import transaction

from zhuisu.accounts.models import Organisation
from zhuisu.accounts.services import record
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.models import Party


@transaction.atomic
def verify_party(party: Party, *, operator: Organisation, by: str, at: datetime, note: str = "") -> Party:
    """The operator has compared a party's name and code with its business licence. Raises IssueError "operator" for
    any other organisation. Said once more, the later moment and note count."""
    if operator.kind != Organisation.Kind.OPERATOR:
        raise IssueError(
            "operator", "only the operator of the platform verifies identities", "只有平台运营方可以核验主体身份"
        )
    party.verified_at, party.verified_by, party.verified_note = at, by[:120], note[:200]
    party.save(update_fields=["verified_at", "verified_by", "verified_note"])
    record("party.verify", by=by, at=at, organisation=operator, target=party.code, note=note[:200])
    return party
