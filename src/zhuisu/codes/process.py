"""transformationID (EPCIS 2.0 §7.4.6): names a process that several events share. Any URI, kept as it is."""

from zhuisu.codes.model import MAX_LENGTH, Code, CodeError, Level, Scheme


def read(text: str) -> Code:
    """The process of a transformationID; raises CodeError rule "uri" for a text that cannot be stored."""
    if not text or len(text) > MAX_LENGTH or not text.isprintable():
        raise CodeError("uri", f"not a URI: {text[:80]!r}", f"不是 URI：{text[:80]!r}")
    return Code("process", text, Level.PROCESS, {}, text)


SCHEMES = (Scheme("process", Level.PROCESS, read),)
