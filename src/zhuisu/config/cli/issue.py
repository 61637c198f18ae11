"""`zhuisu code issue` and what follows: activate, void, use, print files, imports, keys; `zhuisu organisation verify`."""

import json
import re
import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from django.utils.translation import get_language

from zhuisu.config.cli.accounts import BY, organisations
from zhuisu.config.cli.code import app
from zhuisu.config.cli.common import PLATFORM_PARTY, fail, now, setup

__all__ = ["app"]  # the commands of `zhuisu code`, these added to its own

MOST_REFUSED = 20  # refusals printed; the rest is counted. --json has all

Owner = Annotated[str, typer.Option("--organisation", help="Party code of the organisation that acts.")]
Product = Annotated[str, typer.Option(help="Code of the product, such as its GTIN.")]
Lot = Annotated[str, typer.Option(help="Lot number (批号).")]
Produced = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Date of production.")]
Expires = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day of use.")]
AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON.")]
Texts = Annotated[list[str] | None, typer.Argument(help="Codes as printed or scanned.")]
InFile = Annotated[Path | None, typer.Option("--codes", help='A file of codes, one a line; "-" is standard input.')]
BatchNumber = Annotated[int | None, typer.Option("--batch", help="All codes of a batch, or with --rolls some of it.")]
RollNumbers = Annotated[str, typer.Option("--rolls", help="Rolls of the batch, such as 3-5,8.")]
First = Annotated[str, typer.Option(help="First code of a range; with --last.")]
Last = Annotated[str, typer.Option(help="Last code of a range.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Judge, and change nothing.")]


@app.command()
def issue(
    organisation: Owner,
    count: Annotated[int, typer.Option(help="How many codes, at most ten million an order.")],
    level: Annotated[str, typer.Option(help="item, pack, case or pallet.")] = "item",
    product: Product = "",
    roll_size: Annotated[int | None, typer.Option(help="Codes a roll; without it the batch is not cut.")] = None,
    lot: Lot = "",
    produced_on: Produced = None,
    expires_on: Expires = None,
    note: Annotated[str, typer.Option(help="A note for people.")] = "",
    active: Annotated[bool, typer.Option("--active", help="Activate them at once.")] = False,
    as_json: AsJson = False,
) -> None:
    """Issue codes for a product: a range, stored as one row. Asks for a verified identity and the licence the law wants.

    Example: zhuisu code issue --organisation 91350212MA2XYGR01A --product 06901234567892 --count 100000
    """
    setup()
    from zhuisu.registry.issuing import services

    batch = _done(
        services.issue,
        organisation=_organisation(organisation),
        product=_product(product),
        level=level,
        count=count,
        roll_size=roll_size,
        lot=lot,
        produced_on=_day(produced_on),
        expires_on=_day(expires_on),
        note=note,
        active=active,
        by=BY,
        at=now(),
    )
    if as_json:
        typer.echo(json.dumps(_row(batch), ensure_ascii=False))
    else:
        typer.echo(f"batch {batch.pk}: {batch.count} codes of series {batch.series.name}")


@app.command()
def activate(
    organisation: Owner,
    texts: Texts = None,
    codes: InFile = None,
    batch: BatchNumber = None,
    rolls: RollNumbers = "",
    first: First = "",
    last: Last = "",
    lot: Lot = "",
    produced_on: Produced = None,
    expires_on: Expires = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Activate codes: single ones, a batch, rolls, or from one to another. All of them or none.

    Example: zhuisu code activate --organisation 91350212MA2XYGR01A --batch 7 --rolls 3-4 --lot L20261120
    """
    setup()
    from zhuisu.registry.issuing import services

    owner = _organisation(organisation)
    selection = _selection(owner, texts, codes, batch, rolls, first, last)
    dates = {"lot": lot, "produced_on": _day(produced_on), "expires_on": _day(expires_on)}
    _change(services.activate, selection, owner, as_json, dry_run=dry_run, **dates)


@app.command()
def void(
    organisation: Owner,
    reason: Annotated[str, typer.Option(help="Why they are voided.")],
    texts: Texts = None,
    codes: InFile = None,
    batch: BatchNumber = None,
    rolls: RollNumbers = "",
    first: First = "",
    last: Last = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Void codes for good: lost, spoiled or withdrawn labels.

    Example: zhuisu code void --organisation 91350212MA2XYGR01A --batch 7 --reason 标签报废
    """
    setup()
    from zhuisu.registry.issuing import services

    owner = _organisation(organisation)
    selection = _selection(owner, texts, codes, batch, rolls, first, last)
    _change(services.void, selection, owner, as_json, dry_run=dry_run, reason=reason)


@app.command()
def use(
    organisation: Owner,
    texts: Texts = None,
    codes: InFile = None,
    batch: BatchNumber = None,
    rolls: RollNumbers = "",
    first: First = "",
    last: Last = "",
    reason: Annotated[str, typer.Option(help="How they were used, such as sold.")] = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Mark active codes as used: sold, dispensed, opened.

    Example: zhuisu code use 7KQA3M9TWX2C8HRL --organisation 91350212MA2XYGR01A --reason 售出
    """
    setup()
    from zhuisu.registry.issuing import services

    owner = _organisation(organisation)
    selection = _selection(owner, texts, codes, batch, rolls, first, last)
    _change(services.use, selection, owner, as_json, dry_run=dry_run, reason=reason)


@app.command()
def export(
    organisation: Owner,
    batch: Annotated[int, typer.Option("--batch", help="Number of the batch.")],
    address: Annotated[str, typer.Option(help="Address of the platform in the links, such as https://trace.example.")],
    output: Annotated[Path | None, typer.Option(help="File to write; without it, standard output.")] = None,
    first: Annotated[int, typer.Option(help="Place in the batch to begin at, from 0.")] = 0,
    count: Annotated[int | None, typer.Option(help="How many codes; without it, to the end.")] = None,
) -> None:
    """Write the print file of a batch: CSV with roll, number, code and link.

    Example: zhuisu code export --organisation 91350212MA2XYGR01A --batch 7 --address https://trace.example --output 7.csv
    """
    setup()
    from zhuisu.accounts.services import record
    from zhuisu.registry.issuing import printfile

    owner = _organisation(organisation)
    found = _batch(owner, batch)
    chunks = _done(printfile.rows, found, first=first, count=count, address=address)
    wanted = found.count - first if count is None else count
    record("codes.print", by=BY, at=now(), organisation=owner, target=f"batch:{found.pk}", form="csv", count=wanted)
    if output is None:
        for chunk in chunks:
            sys.stdout.buffer.write(chunk)
        return
    try:
        with output.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
    except OSError as error:
        fail(f"{output}: {error.strerror}")
    typer.echo(f"{output}: {wanted} codes")


@app.command(name="import")
def take_over(
    organisation: Owner,
    scheme: Annotated[str, typer.Option(help="Scheme of the codes, such as cn.drug_trace_msfx.")],
    file: Annotated[Path | None, typer.Argument(help='A list, one code a line; "-" is standard input.')] = None,
    tree: Annotated[bool, typer.Option("--tree", help="The file is a table: code, parent, grandparent.")] = False,
    first: First = "",
    last: Last = "",
    product: Product = "",
    lot: Lot = "",
    produced_on: Produced = None,
    expires_on: Expires = None,
    note: Annotated[str, typer.Option(help="A note for people.")] = "",
    as_json: AsJson = False,
) -> None:
    """Take over codes that another authority issued: a list, a parent-child table, or a range of numbers.

    Example: zhuisu code import codes.csv --tree --scheme cn.drug_trace_msfx --organisation 91350212MA2XYGR01A
    """
    setup()
    from zhuisu.events.packing import PackRefused, import_tree
    from zhuisu.registry.issuing.imports import About, import_codes, import_range

    owner = _organisation(organisation)
    about = About(_product(product), lot, _day(produced_on), _day(expires_on), note)
    here: dict[str, Any] = {"organisation": owner, "scheme": scheme, "about": about, "by": BY, "at": now()}
    if first and last and file is None:
        done = _done(import_range, first=first, last=last, **here)
    elif file is None or first or last:
        fail("name a file, or a range with --first and --last", 2)
    elif tree:
        try:
            done, _ = _done(import_tree, content=_content(file), **here)
        except PackRefused as error:
            _refusals(error.refused)
            raise typer.Exit(1) from None
    else:
        done = _done(import_codes, content=_content(file), **here)
    if as_json:
        told = {"batch": done.batch.pk if done.batch else None, "count": done.count, "again": done.again}
        typer.echo(json.dumps(told | {"refused": _rows(done.refused)}, ensure_ascii=False))
    elif done.again:
        typer.echo(f"import {done.batch.pk}: the same was imported before, nothing is stored twice")
    elif done.batch:
        typer.echo(f"import {done.batch.pk}: {done.count} codes")
    if done.refused:
        if not as_json:
            _refusals(done.refused)
        raise typer.Exit(1)


@app.command()
def batches(
    organisation: Owner,
    search: Annotated[str, typer.Option(help="In series, product, note or lot.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="Most rows.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON a batch.")] = False,
) -> None:
    """List an organisation's batches, newest first, with the states of their codes.

    Example: zhuisu code batches --organisation 91350212MA2XYGR01A
    """
    setup()
    from zhuisu.registry.issuing import queries

    for batch in queries.batches_of(_organisation(organisation), search=search, limit=limit):
        row = _row(batch) | queries.counts_of(batch)
        if as_json:
            typer.echo(json.dumps(row, ensure_ascii=False))
        else:
            told = ", ".join(f"{row[state]} {state}" for state in ("issued", "active", "voided", "used") if row[state])
            name = batch.series.product.name if batch.series.product else "–"
            typer.echo(
                f"{batch.pk}  {batch.at:%F %H:%M}  {row['series']}  {name}  {row['level']}  {batch.count}: {told}"
            )


@app.command()
def keys(as_json: Annotated[bool, typer.Option("--json", help="One line of JSON a key.")] = False) -> None:
    """List the issuers' keys by version and fingerprint; each file is present, missing, swapped or open (others may read it). Exit code 1 unless all are present.

    Example: zhuisu code keys
    """
    setup()
    from zhuisu.registry.issuing.keys import states

    good = True
    for one in states():
        good = good and one.state == "present"
        record = one.record
        if as_json:
            told = {"organisation": record.organisation.party, "version": record.version, "state": one.state}
            typer.echo(
                json.dumps(told | {"fingerprint": record.fingerprint, "file": str(one.path)}, ensure_ascii=False)
            )
        else:
            typer.echo(f"{one.state}  {one.path.name}  {record.fingerprint[:16]}  {record.organisation.name}")
    if not good:
        raise typer.Exit(1)


@app.command()
def rotate(organisation: Owner) -> None:
    """Make an issuer's next key: new series use it, codes of the old ones stand as before. Back the file up.

    Example: zhuisu code rotate --organisation 91350212MA2XYGR01A
    """
    setup()
    from zhuisu.registry.issuing import keys as key_files
    from zhuisu.registry.issuing import services

    made = _done(services.rotate_key, _organisation(organisation), by=BY, at=now())
    typer.echo(f"version {made.version}: {key_files.path_of(made.organisation_id, made.version)}")


@app.command()
def recover(organisation: Owner) -> None:
    """After the database was restored from an older copy: enter again what was handed out since, so that it is genuine.

    Example: zhuisu code recover --organisation 91350212MA2XYGR01A
    """
    setup()
    from zhuisu.registry.issuing import services

    made, lost = services.recover(_organisation(organisation), by=BY, at=now())
    for batch in made:
        typer.echo(f"batch {batch.pk}: {batch.count} codes of series {batch.series.name}")
    if lost:
        fail(f"this database knows nothing of the series {', '.join(lost)}: their product and level are lost")


@organisations.command(name="verify")
def verify_identity(
    party: Annotated[str, typer.Argument(help="Party code, such as a 统一社会信用代码.")],
    note: Annotated[str, typer.Option(help="What was compared with what.")] = "",
) -> None:
    """Note, as the operator, that a party's identity was compared with its business licence. Needed before it issues codes.

    Example: zhuisu organisation verify 91350212MA2XYGR01A --note 营业执照已核对
    """
    setup()
    from zhuisu.accounts.models import Organisation
    from zhuisu.config.cli.common import platform_organisation
    from zhuisu.registry.models import Party
    from zhuisu.registry.services import verify_party

    operator = Organisation.objects.filter(kind=Organisation.Kind.OPERATOR).exclude(party=PLATFORM_PARTY).first()
    canonical = _canonical(party)
    found = Party.objects.filter(code=canonical).first() or _party_of(canonical)
    _done(verify_party, found, operator=operator or platform_organisation(), by=BY, at=now(), note=note)
    typer.echo(f"{found.name}: verified")


def _party_of(canonical: str) -> Any:
    """The party of an organisation that is a tenant but not in the register of parties yet."""
    from zhuisu.accounts.models import Organisation
    from zhuisu.registry.models import Party

    tenant = Organisation.objects.filter(party=canonical).first() or fail(f"no party has the code {canonical}", 2)
    return Party.objects.create(code=canonical, name=tenant.name, name_en=tenant.name_en, region=tenant.region)


def _canonical(text: str) -> str:
    from zhuisu import codes

    try:
        return codes.parse(text).canonical
    except codes.CodeError as error:
        fail(f"{text}: {error.message}", 2)


def _organisation(party: str) -> Any:
    from zhuisu.accounts.queries import organisation_by_party

    canonical = _canonical(party)
    return organisation_by_party(canonical) or fail(f"no organisation has the party code {canonical}", 2)


def _product(text: str) -> Any:
    from zhuisu.registry.queries import products

    if not text:
        return None
    canonical = _canonical(text)
    return products([canonical]).get(canonical) or fail(f"no product has the code {canonical}", 2)


def _batch(owner: Any, number: int) -> Any:
    from zhuisu.registry.issuing.queries import batch_of

    return batch_of(owner, number) or fail(f"{owner.name} has no batch {number}", 2)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _content(path: Path) -> bytes:
    if str(path) == "-":
        return typer.get_binary_stream("stdin").read()
    if not path.is_file():
        fail(f"no such file: {path}", 2)
    return path.read_bytes()


def _selection(
    owner: Any, texts: list[str] | None, file: Path | None, batch: int | None, rolls: str, first: str, last: str
) -> Any:
    """The codes that the options name, one way only."""
    from zhuisu.registry.issuing.services import Between, Codes, Rolls, Whole

    ways = [bool(texts), file is not None, batch is not None, bool(first or last)]
    if sum(ways) != 1 or bool(first) != bool(last) or (rolls and batch is None):
        fail("name codes in one way: as words, by --codes, by --batch (with --rolls), or by --first and --last", 2)
    if batch is not None:
        found = _batch(owner, batch)
        return Rolls(found, _numbers(rolls)) if rolls else Whole(found)
    if file is not None:
        try:
            lines = _content(file).decode("utf-8-sig").split("\n")
        except UnicodeDecodeError:
            fail(f"{file} is no text in UTF-8", 2)
        return Codes(tuple(line.strip() for line in lines if line.strip()))
    return Codes(tuple(texts)) if texts else Between(first, last)


_NUMBER = re.compile(r"[0-9]{1,9}")


def _numbers(text: str) -> tuple[int, ...]:
    """3-5,8 as 3, 4, 5, 8."""
    from zhuisu.registry.issuing.selections import MOST_ROLLS

    numbers: list[int] = []
    for part in text.split(","):
        low, dash, high = part.strip().partition("-")
        if not (_NUMBER.fullmatch(low) and (_NUMBER.fullmatch(high) or not dash)):
            fail(f"--rolls {text}: numbers and ranges of numbers, such as 3-5,8", 2)
        if len(numbers) + int(high or low) - int(low) > MOST_ROLLS:
            fail(f"--rolls {text}: at most {MOST_ROLLS} rolls", 2)
        numbers += range(int(low), int(high or low) + 1)
    return tuple(numbers)


def _done(action: Callable[..., Any], *words: Any, **fields: Any) -> Any:
    """Do it, or say in one line why not."""
    from zhuisu.registry.issuing.errors import IssueError

    try:
        return action(*words, **fields)
    except IssueError as error:
        fail(f"{error.message_zh if _in_chinese() else error.message} ({error.rule})")


def _change(action: Callable[..., Any], selection: Any, owner: Any, as_json: bool, **fields: Any) -> None:
    outcome = _done(action, selection, organisation=owner, by=BY, at=now(), **fields)
    if as_json:
        told = {"changed": outcome.changed, "already": outcome.already, "refused": _rows(outcome.refused)}
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        typer.echo(f"{outcome.changed} changed, {outcome.already} were so already, {len(outcome.refused)} refused")
        _refusals(outcome.refused)
    if outcome.refused:
        raise typer.Exit(1)


def _rows(refused: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {
            "position": one.position,
            "text": one.text,
            "rule": one.rule,
            "message": one.message,
            "message_zh": one.message_zh,
        }
        for one in refused
    ]


def _refusals(refused: Sequence[Any]) -> None:
    for one in refused[:MOST_REFUSED]:
        typer.echo(f"  {one.position}: {one.message_zh if _in_chinese() else one.message} ({one.rule})", err=True)
    if len(refused) > MOST_REFUSED:
        typer.echo(f"  … {len(refused) - MOST_REFUSED} more", err=True)


def _in_chinese() -> bool:
    return (get_language() or "").startswith("zh")


def _row(batch: Any) -> dict[str, Any]:
    series = batch.series
    return {
        "batch": batch.pk,
        "series": series.name,
        "product": series.product.code if series.product else None,
        "level": series.level,
        "first": batch.first,
        "count": batch.count,
        "rolls": batch.rolls,
        "note": batch.note,
        "at": batch.at.isoformat(),
    }
