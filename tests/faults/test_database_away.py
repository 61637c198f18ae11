"""A database that is away: every address says so at once, machines get a problem, and the log has a line each, no stack traces."""

import pytest
from django.db import DatabaseError, connection, transaction

from support import AT, document, event
from zhuisu.accounts.models import Organisation
from zhuisu.events import queries, store
from zhuisu.events.scope import ALL
from zhuisu.events.services import project_next, receive

NOWHERE = "postgresql://nobody@127.0.0.1:9/nothing"  # the discard port: nothing listens
KEY = "zs_" + "a" * 40


def test_every_address_says_that_the_database_is_away(serve) -> None:
    server = serve(database=NOWHERE)
    for path in ("/", "/01/09506000134352/21/1", "/desk", "/readyz", "/epcis/events", "/epcis/capture"):
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {KEY}\r\nCookie: sessionid={'a' * 32}\r\n"
        status, answer = server.send(f"{head}Connection: close\r\n\r\n".encode())
        assert status == 503, (path, answer)
        assert (b"application/problem+json" in answer) == path.startswith("/epcis/")
    alive = server.send(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    assert alive[0] == 200, "a supervisor would end a process that cannot help it"
    told = server.log.read_text()
    assert "database away" in told
    assert "Traceback" not in told
    assert '"frames"' not in told


def test_copy_fails_as_other_statements_do(db) -> None:
    """A psycopg error that Django does not know would be taken for a fault of the document, which is then given up."""
    with pytest.raises(DatabaseError), transaction.atomic():
        store.copy("nothing", "a", ((number,) for number in range(store.FEW_ROWS + 1)))


def test_a_document_that_meets_a_database_in_trouble_waits(db) -> None:
    firm = Organisation.objects.create(kind="enterprise", name="示范", party="cn.uscc:91350212MA0000015N")
    many = [event(epcList=[f"urn:epc:id:sgtin:9506000.013435.{number}"]) for number in range(store.FEW_ROWS + 1)]
    send = {"media_type": None, "organisation": firm.pk, "by": "system:test", "at": AT, "project_now": False}
    receive(document(*many), **send)
    with connection.cursor() as cursor:  # cancelled while it copies, as by an operator, a time limit or a failover
        cursor.execute(
            "create function pg_temp.cancel() returns trigger language plpgsql as "
            "$$ begin raise exception using errcode = 'query_canceled'; end $$"
        )
        cursor.execute("create trigger cancel before insert on event for each row execute function pg_temp.cancel()")
    with pytest.raises(DatabaseError), transaction.atomic():
        project_next(AT)
    assert queries.capture_jobs(ALL)[0].finished_at is None
    with connection.cursor() as cursor:
        cursor.execute("drop trigger cancel on event")
    assert project_next(AT)
    assert queries.capture_jobs(ALL)[0].success
