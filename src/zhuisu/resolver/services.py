"""Changes to where codes lead: links by who holds the code, forwards by the operator. Each is checked and written down."""

import re
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.http.request import validate_host

from zhuisu import codes
from zhuisu.accounts.models import Organisation
from zhuisu.accounts.services import record
from zhuisu.codes.model import PERSONAL
from zhuisu.registry.issuing.queries import standing
from zhuisu.registry.queries import parties, places, products
from zhuisu.resolver import link_types
from zhuisu.resolver.models import ANCHOR_LENGTH, TITLE_LENGTH, Forward, Link
from zhuisu.resolver.queries import ALWAYS_OURS
from zhuisu.resolver.targets import LOCAL, LinkError, checked_target

MAX_LINKS = 60  # of one code: about as many as there are link types; a list that people and programs read whole
# What the published JSON schema of linksets allows.
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
_MEDIA_TYPE = re.compile(r"(application|audio|font|image|message|model|multipart|text|video)/[a-z0-9][a-z0-9.+-]{0,60}")
_CONTEXT = re.compile(r"[A-Za-z0-9_.-]{1,40}")


@transaction.atomic
def add_link(
    *,
    code: codes.Code,
    href: str,
    link_type: str,
    title: str = "",
    organisation: Organisation,
    by: str,
    at: datetime,
    title_en: str = "",
    language: str = "",
    media_type: str = "",
    context: str = "",
    is_default: bool = False,
    is_multi: bool = False,
) -> Link:
    """A link from a code of this organisation's to a page of its own. A default takes the place of the one before it.

    Without a title the link type's own stands. Raises LinkError with the field that does not fit: rule "not-yours", "target",
    "link-type", "language", "media-type", "context", "title", "default", "many" or "again".
    """
    address = _checked_type(link_type)
    title, title_en = _titles(address, title, title_en)
    _check_words(language, media_type, context)
    _check_default(code, is_default=is_default, is_multi=is_multi)
    anchor = code.canonical
    if len(anchor) > ANCHOR_LENGTH:
        raise LinkError(
            "code",
            f"a code with links has at most {ANCHOR_LENGTH} characters",
            f"码长不得超过 {ANCHOR_LENGTH} 个字符",
            "code",
        )
    _check_right(code, organisation)
    _check_target(href, "href")
    with connection.cursor() as cursor:  # one at a time for a code: how many there are, and which is the default
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"link:{anchor}"])
    if Link.objects.filter(anchor=anchor).count() >= MAX_LINKS:
        raise LinkError("many", f"a code has at most {MAX_LINKS} links", f"一个码最多登记 {MAX_LINKS} 个链接", "code")
    if is_default:
        Link.objects.filter(anchor=anchor, is_default=True).update(is_default=False)
    link = Link(
        anchor=anchor,
        link_type=address,
        href=href,
        title=title,
        title_en=title_en,
        language=language,
        media_type=media_type,
        context=context,
        is_default=is_default,
        is_multi=is_multi,
        organisation=organisation,
        by=by,
        at=at,
    )
    try:
        with transaction.atomic():
            link.save()
    except IntegrityError:
        raise LinkError("again", "this link is registered already", "该链接已登记", "href") from None
    record(
        "link.add", by=by, at=at, organisation=organisation, target=anchor, type=address, href=href, default=is_default
    )
    return link


@transaction.atomic
def remove_link(pk: int, *, organisation: Organisation, by: str, at: datetime) -> Link:
    """End a link of one's own; the operator may end any. Raises LinkError, rule "unknown", also for somebody else's."""
    rows = Link.objects.select_for_update(of=("self",)).filter(pk=pk)
    if organisation.kind != Organisation.Kind.OPERATOR:
        rows = rows.filter(organisation=organisation)
    link = rows.first()
    if link is None:
        raise LinkError("unknown", f"you have no link number {pk}", f"您没有编号为 {pk} 的链接", "pk")
    link.delete()
    record(
        "link.remove", by=by, at=at, organisation=organisation, target=link.anchor, type=link.link_type, href=link.href
    )
    return link


@transaction.atomic
def add_forward(
    *,
    scheme: str,
    prefix: str,
    template: str,
    name: str,
    organisation: Organisation,
    by: str,
    at: datetime,
    name_en: str = "",
) -> Forward:
    """Codes of a scheme that begin so are resolved elsewhere. `scheme` "gs1" and the digits of a company prefix stand for all of
    its GS1 keys. Takes the place of a forward with the same beginning. Raises LinkError; only the operator may do it.
    """
    _check_operator(organisation)
    gs1 = scheme == "gs1"
    if not gs1 and (
        scheme not in codes.schemes() or scheme.startswith("gs1.") or scheme in PERSONAL | {"uri", "process"}
    ):
        raise LinkError("scheme", f"codes of {scheme!r} cannot be forwarded", f"{scheme!r} 不能转交", "scheme")
    if gs1 and not re.fullmatch("[0-9]{3,12}", prefix):
        raise LinkError(
            "prefix",
            "a GS1 company prefix here has 3 to 12 digits",
            "GS1 厂商识别代码前缀应为 3 至 12 位数字",
            "prefix",
        )
    if not gs1 and not re.fullmatch("[A-Za-z0-9]{0,40}", prefix):
        raise LinkError("prefix", "a prefix has at most 40 letters and digits", "前缀最多 40 个字母或数字", "prefix")
    if template.count("{value}") != 1:
        raise LinkError("template", "the address needs {value} once", "网址中应有且只有一处 {value}", "template")
    _check_target(template.replace("{value}", "0"), "template")
    if "{value}" in "/".join(template.split("/", 3)[:3]):
        raise LinkError("template", "{value} belongs behind the host", "{value} 须在主机名之后", "template")
    _check_title(name, "name")
    if name_en:
        _check_title(name_en, "name_en")
    forward, _ = Forward.objects.update_or_create(
        scheme=scheme,
        prefix=prefix,
        defaults={"template": template, "name": name, "name_en": name_en, "by": by, "at": at},
    )
    record(
        "forward.add",
        by=by,
        at=at,
        organisation=organisation,
        target=f"{scheme}:{prefix}",
        template=template,
        name=name,
    )
    return forward


@transaction.atomic
def remove_forward(pk: int, *, organisation: Organisation, by: str, at: datetime) -> Forward:
    """End a forward. Raises LinkError; only the operator may do it."""
    _check_operator(organisation)
    forward = Forward.objects.select_for_update().filter(pk=pk).first()
    if forward is None:
        raise LinkError("unknown", f"there is no forward number {pk}", f"没有编号为 {pk} 的转交规则", "pk")
    forward.delete()
    target = f"{forward.scheme}:{forward.prefix}"
    record("forward.remove", by=by, at=at, organisation=organisation, target=target, template=forward.template)
    return forward


def _check_target(href: str, field: str) -> None:
    host = urlsplit(checked_target(href, local=settings.DEBUG, field=field)).hostname or ""
    if host not in LOCAL and "*" not in settings.ALLOWED_HOSTS and validate_host(host, settings.ALLOWED_HOSTS):
        raise LinkError(
            "target",
            "this is the platform itself: scans would go round in a circle, and its own pages are offered as they are",
            "这是本平台自己的网址：扫码会循环跳转；平台页面无须登记即可查到",
            field,
        )


def _checked_type(text: str) -> str:
    address = link_types.full(text)
    known = link_types.titles()
    reserved = address in (link_types.DEFAULT, link_types.DEFAULT_MULTI, link_types.HANDLED_BY)
    if not address or reserved or (address.startswith(link_types.GS1) and address not in known):
        raise LinkError(
            "link-type",
            f"{text!r} is no link type: use one of the GS1 Web Vocabulary, such as gs1:pip, or a full address",
            f"{text!r} 不是链接类型：请用 GS1 网络词汇表中的类型（如 gs1:pip）或完整网址",
            "link_type",
        )
    twin = link_types.GS1 + address.rpartition("/")[2]
    if address != twin and twin in known and not address.startswith(link_types.GS1):
        # GS1-Conformant resolver standard: types of other vocabularies shall not repeat what GS1's has.
        raise LinkError(
            "link-type", f"use {link_types.short(twin)} for that", f"请改用 {link_types.short(twin)}", "link_type"
        )
    return address


def _titles(address: str, title: str, title_en: str) -> tuple[str, str]:
    known = link_types.titles().get(address)
    if not title and known:
        title, title_en = known
    _check_title(title, "title")
    if title_en:
        _check_title(title_en, "title_en")
    return title, title_en


def _check_title(text: str, field: str) -> None:
    if not text.strip() or len(text) > TITLE_LENGTH or not text.replace("\u3000", " ").isprintable():
        raise LinkError(
            "title",
            f"a title has 1 to {TITLE_LENGTH} printable characters",
            f"标题应为 1 至 {TITLE_LENGTH} 个可见字符",
            field,
        )


def _check_words(language: str, media_type: str, context: str) -> None:
    if language and not _LANGUAGE.fullmatch(language):
        raise LinkError("language", "a language is written zh, en or zh-CN", "语言应写作 zh、en 或 zh-CN", "language")
    if media_type and not _MEDIA_TYPE.fullmatch(media_type):
        raise LinkError(
            "media-type", "no IANA media type, such as text/html", "不是 IANA 媒体类型（如 text/html）", "media_type"
        )
    if context and not _CONTEXT.fullmatch(context):
        raise LinkError(
            "context",
            "a context has up to 40 letters, digits, - _ .",
            "适用范围最多 40 个字母、数字或 - _ .",
            "context",
        )


def _check_default(code: codes.Code, *, is_default: bool, is_multi: bool) -> None:
    if is_default and is_multi:
        raise LinkError(
            "default", "a link is the default or one of its variants", "默认链接与其变体只能选一种", "is_multi"
        )
    if (is_default or is_multi) and code.level in ALWAYS_OURS:
        raise LinkError(
            "default",
            "scans of an item, a lot or a package always lead to the public page, which tells of a recall",
            "单品、批次和包装的扫码始终先到公示页：召回在那里公布",
            "is_default" if is_default else "is_multi",
        )


def _check_operator(organisation: Organisation) -> None:
    if organisation.kind != Organisation.Kind.OPERATOR:
        raise LinkError("not-operator", "only the platform's operator forwards codes", "只有平台运营方可以设置转交")


def _check_right(code: codes.Code, organisation: Organisation) -> None:
    """Only who holds the product, works at the place, is the party or was issued the code; the operator for all."""
    if code.scheme in PERSONAL:
        raise LinkError("personal", "a person's number has no links", "个人号码不能登记链接", "code")
    if organisation.kind == Organisation.Kind.OPERATOR:
        return
    if organisation.kind != Organisation.Kind.ENTERPRISE or not _holds(code, organisation):
        raise LinkError(
            "not-yours",
            "links are registered by who holds the product, the place or the code",
            "只有产品、场所或码的持有者可以登记链接",
            "code",
        )


def _holds(code: codes.Code, organisation: Organisation) -> bool:
    party = parties([organisation.party]).get(organisation.party)
    if code.canonical == organisation.party:
        return True
    if code.scheme == "zs.unit":
        return standing(code).organisation == organisation
    if party is None:
        return False
    if gtin := code.parsed.get("gtin") or code.parsed.get("itip", "")[:14]:
        canonical = f"gs1.gtin:01/{gtin}"
        product = products([canonical]).get(canonical)
        return product is not None and product.holder_id == party.pk
    if code.level == codes.Level.PLACE:
        place = places([code.canonical]).get(code.canonical)
        return place is not None and place.operator_id == party.pk
    other = parties([code.canonical]).get(code.canonical)
    return other is not None and other.pk == party.pk
