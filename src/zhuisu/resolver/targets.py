"""What an address must be before anybody is sent there: https, a plain host, nothing hidden in it. Pure."""

import re
from urllib.parse import urlsplit

from zhuisu.resolver.models import HREF_LENGTH

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
# A name with a dot, its last part no number: addresses in digits and names without a dot are of a house or of a machine.
_HOST = re.compile(r"(?=.{1,253}\Z)([a-z0-9_](-*[a-z0-9_])*\.)+[a-z](-*[a-z0-9])*", re.IGNORECASE)
_HOUSE = (".localhost", ".local", ".internal", ".home.arpa")  # RFC 6761, 6762, 8375; .internal: ICANN 2024
# RFC 3986: what may stand in a URI; anything else must be percent-encoded by who registers it.
_CHARACTERS = re.compile(r"[A-Za-z0-9._~:/?#@!$&'()*+,;=%\[\]-]+")


class LinkError(ValueError):
    """A link or a forward cannot be registered, or not by this organisation. Nothing was stored.

    `rule` is a short stable id, `message` an English sentence, `message_zh` the same in Chinese, `field` the name of the
    argument it is about.
    """

    def __init__(self, rule: str, message: str, message_zh: str, field: str = "") -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.message_zh = message_zh
        self.field = field


def checked_target(href: str, *, local: bool, field: str = "href") -> str:
    """The address itself, where people may be sent there. `local` allows http on this machine, for development.

    Raises LinkError, rule "target".
    """
    wrong = _why_not(href, local=local)
    if wrong:
        raise LinkError("target", f"{href[:80]!r}: {wrong[0]}", f"{href[:80]!r}：{wrong[1]}", field)
    return href


def _why_not(href: str, *, local: bool) -> tuple[str, str] | None:
    if not href or len(href) > HREF_LENGTH:
        return f"an address has 1 to {HREF_LENGTH} characters", f"网址应为 1 至 {HREF_LENGTH} 个字符"
    if not _CHARACTERS.fullmatch(href):
        return "a character that must be percent-encoded", "含有须百分号编码的字符"
    try:
        parts = urlsplit(href)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "the host or the port cannot be read", "主机名或端口无法识别"
    if "@" in parts.netloc:
        return "a user name before the host hides where it leads", "主机名前有用户名，会掩盖真实去向"
    here = host in LOCAL
    if parts.scheme != "https" and not (local and here and parts.scheme == "http"):
        return "only https:// addresses can be registered", "只接受 https:// 网址"
    if local and here:
        return None
    if not _HOST.fullmatch(host) or host.endswith(_HOUSE) or port == 0 or "[" in parts.path + parts.query:
        return "the host is no public name", "主机名不是公共域名"
    return None
