"""transformationID (EPCIS 2.0 §7.4.6): names a process that several events share. Any URI, kept as it is."""

from zhuisu.codes import meanings
from zhuisu.codes.model import MAX_LENGTH, About, Code, CodeError, Field, Level, Scheme


def read(text: str) -> Code:
    """The process of a transformationID; raises CodeError rule "uri" for a text that cannot be stored."""
    if not text or len(text) > MAX_LENGTH or not text.isprintable():
        raise CodeError("uri", f"not a URI: {text[:80]!r}", f"不是 URI：{text[:80]!r}")
    return Code("process", text, Level.PROCESS, {}, text)


ABOUT = About(
    "process (transformationID)",
    "加工过程标识（transformationID）",
    (Field("identifier", "标识", None, meanings.note("its owner's own", "由其所有者自编")),),
    where="as the transformationID of an event",
    where_zh="事件的 transformationID",
)
SCHEMES = (Scheme("process", Level.PROCESS, read, about=ABOUT),)
