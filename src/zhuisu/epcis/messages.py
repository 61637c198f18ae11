"""What is wrong with a document or an event, as a rule id and a plain sentence in English and in Chinese."""

from __future__ import annotations

from .model import DocumentError, Reason

MESSAGES: dict[str, tuple[str, str]] = {
    # the document
    "too-large": ("The document has {size} bytes; at most {limit} are taken.", "文档有 {size} 字节，最多接收 {limit} 字节。"),
    "empty": ("The document is empty.", "文档为空。"),
    "value-size": ("A part of the document has more than {limit} characters; so much is not held at once.", "文档中有一部分超过 {limit} 个字符，无法一次读入。"),
    "encoding": ("The document is not UTF-8: {what}.", "文档不是 UTF-8 编码：{what}。"),
    "media-type": ("The media type {value} is neither JSON nor XML.", "媒体类型 {value} 既不是 JSON 也不是 XML。"),
    "json-syntax": ("Not JSON at line {line}, column {column}: {what}.", "第 {line} 行第 {column} 列不是合法的 JSON：{what}。"),
    "xml-syntax": ("Not XML at line {line}: {what}.", "第 {line} 行不是合法的 XML：{what}。"),
    "xml-dtd": ("A document type or entity declaration is not allowed.", "不允许文档类型声明或实体声明。"),
    "xml-element": ("The element {name} does not belong here (line {line}).", "此处不应有元素 {name}（第 {line} 行）。"),
    "xml-order": ("The element {name} stands after one that it should precede (line {line}).", "元素 {name} 的位置不符合模式规定的顺序（第 {line} 行）。"),
    "xml-attribute": ("The attribute {name} does not belong here (line {line}).", "此处不应有属性 {name}（第 {line} 行）。"),
    "xml-text": ("Text beside elements in {name} (line {line}).", "{name} 中的文字与元素混排（第 {line} 行）。"),
    "depth": ("Nested more than {limit} levels deep.", "嵌套超过 {limit} 层。"),
    "duplicate-key": ("The key {key} stands twice in one object.", "同一对象中键 {key} 出现两次。"),
    "document-type": ("{value} is not a document of EPCIS events.", "{value} 不是 EPCIS 事件文档。"),
    "context": ("@context is missing or not of an allowed form.", "缺少 @context 或其形式不符。"),
    "context-prefix": ("The prefix {value} is declared twice with different namespaces.", "前缀 {value} 以不同的命名空间声明了两次。"),
    "context-outside": ("A context that is not GS1's is named; it is not fetched, and names whose prefix it may declare are taken as they stand.", "引用了非 GS1 的上下文；不会去获取，其可能声明的前缀按原样保留。"),
    "schema-version": ("schemaVersion {value} is not supported here; EPCIS 2.0 is.", "此处不支持 schemaVersion {value}，应为 EPCIS 2.0。"),
    "header-version": ("The header {value} cannot be understood.", "无法理解头部 {value}。"),
    "too-many-events": ("The document has more than {limit} events.", "文档中的事件超过 {limit} 个。"),
    # the event and its fields
    "event-size": ("The event has {size} bytes; at most {limit} are taken.", "该事件有 {size} 字节，最多接收 {limit} 字节。"),
    "event-type": ("{value} is not an EPCIS 2.0 event type.", "{value} 不是 EPCIS 2.0 的事件类型。"),
    "required": ("{name} is missing.", "缺少 {name}。"),
    "wrong-type": ("Must be {want}.", "应为{want_zh}。"),
    "empty-text": ("Must not be empty.", "不得为空。"),
    "empty-list": ("The list must not be empty.", "列表不得为空。"),
    "unknown-field": ("EPCIS 2.0 has no field {name} here; an extension needs a declared prefix.", "EPCIS 2.0 此处没有字段 {name}；扩展字段须使用已声明的前缀。"),
    "undeclared-prefix": ("The prefix of {name} is not declared in @context.", "{name} 的前缀没有在 @context 中声明。"),
    "text": ("Contains a character that cannot be stored (NUL or half of a surrogate pair).", "含有无法保存的字符（NUL 或不成对的代理项）。"),
    "number": ("The number {value} has more than {digits} digits or an exponent beyond ±{exponent}.", "数字 {value} 超过 {digits} 位或指数超出 ±{exponent}。"),
    "time": ("{value} is not an instant with a time zone (RFC 3339).", "{value} 不是带时区的时刻（RFC 3339）。"),
    "time-zone": ("{value} is not a time zone offset ±hh:mm up to 14:00.", "{value} 不是 ±hh:mm 形式且不超过 14:00 的时区偏移。"),
    "time-order": ("startTime is after endTime.", "startTime 晚于 endTime。"),
    "action": ("action must be ADD, OBSERVE or DELETE.", "action 必须是 ADD、OBSERVE 或 DELETE。"),
    "action-forbidden": ("A TransformationEvent has no action.", "TransformationEvent 没有 action。"),
    "uri": ("{value} is not a URI.", "{value} 不是 URI。"),
    "vocabulary": ("{value} is not a word of the Core Business Vocabulary for {name}.", "{value} 不是核心业务词汇（CBV）中 {name} 的取值。"),
    "class-in-epc-list": ("{value} names a class or a pattern, not one thing: it belongs in a quantity list.", "{value} 是类别或模式而不是单个对象，应放在数量列表中。"),
    "instance-as-class": ("{value} names one thing, not a class.", "{value} 是单个对象而不是类别。"),
    "duplicate-item": ("{value} stands twice in this list (perhaps once as URN and once as Digital Link).", "{value} 在列表中出现两次（可能一次是 URN，一次是 Digital Link）。"),
    "duplicate-value": ("{value} stands twice in this list.", "{value} 在列表中出现两次。"),
    "quantity": ("A quantity must be greater than zero.", "数量必须大于零。"),
    "uom": ("{value} is not a unit code of UN/ECE Recommendation 20.", "{value} 不是 UN/ECE 第 20 号建议书的计量单位代码。"),
    "uom-without-quantity": ("uom without quantity means nothing.", "没有 quantity 时 uom 没有意义。"),
    "what-missing": ("An ObjectEvent needs a non-empty epcList or quantityList, or sensor data with a readPoint.", "ObjectEvent 须有非空的 epcList 或 quantityList，或带 readPoint 的传感器数据。"),
    "children-missing": ("childEPCs or childQuantityList is needed unless action is DELETE.", "除 DELETE 外，须有 childEPCs 或 childQuantityList。"),
    "objects-missing": ("epcList, quantityList or parentID is needed unless action is DELETE.", "除 DELETE 外，须有 epcList、quantityList 或 parentID。"),
    "transformation-sides": ("A TransformationEvent needs inputs and outputs, or a transformationID that joins several events.", "TransformationEvent 须同时有投入和产出，或用 transformationID 关联多个事件。"),
    "ilmd-place": ("ilmd belongs only in an ObjectEvent with action ADD and in a TransformationEvent.", "ilmd 只能用于 action 为 ADD 的 ObjectEvent 和 TransformationEvent。"),
    "sensor-value": ("A sensorReport needs at least one value.", "sensorReport 至少须有一个数值字段。"),
    "sensor-unit": ("{value} is a unit, but not one of {name}.", "{value} 不是 {name} 的计量单位。"),
    "hex": ("{value} is not hexadecimal.", "{value} 不是十六进制。"),
    "disposition-clash": ("{value} is both set and unset.", "{value} 同时被 set 和 unset。"),
    "persistent-disposition-place": ("persistentDisposition is not meant for this event type.", "该事件类型不应使用 persistentDisposition。"),
    "declaration-event-id": ("An error declaration without eventID can only be matched by content.", "没有 eventID 的错误声明只能按内容匹配原事件。"),
    "master-data": ("The master data cannot be read.", "主数据无法读取。"),
    "master-data-size": ("Here the master data has {count}; at most {limit} are possible.", "主数据此处为 {count}，最多允许 {limit}。"),
}  # fmt: skip

_KINDS = {
    "object": ("an object", "对象"),
    "list": ("a list", "列表"),
    "text": ("a text", "文本"),
    "number": ("a number", "数字"),
    "boolean": ("true or false", "布尔值"),
}

# What a parser says, in Chinese; what is not here stays English.
_PARSER = {
    "a value is expected": "此处应有一个值",
    "an object is expected": "此处应有一个对象",
    "a list is expected": "此处应有一个列表",
    "a key in double quotes is expected": "此处应有双引号中的键",
    "a colon is expected": "此处应有冒号",
    "a comma is expected": "此处应有逗号",
    "something follows the end": "结尾之后还有内容",
    "Expecting property name enclosed in double quotes": "此处应有双引号中的键",
    "Expecting ':' delimiter": "此处应有冒号",
    "Expecting ',' delimiter": "此处应有逗号",
    "Illegal trailing comma before end of object": "对象末尾有多余的逗号",
    "Illegal trailing comma before end of array": "列表末尾有多余的逗号",
    "Unterminated string starting at": "文本没有结束引号",
    "Invalid control character at": "文本中有未转义的控制字符",
    "Invalid \\escape": "无效的转义",
    "Invalid \\escape: ": "无效的转义",
    "Invalid \\uXXXX escape": "无效的 \\u 转义",
}

SHOWN = 80  # characters of a sender's value repeated in a message: enough to find it, too few to flood a page


def reason(
    path: str, rule: str, *, sentence: str | None = None, values: dict[str, object] | None = None, **more: object
) -> Reason:
    """One reason; `sentence` names the entry of MESSAGES where the rule id is finer than the sentence."""
    english, chinese = MESSAGES[sentence or rule]
    more = {**(values or {}), **more}
    shown = {name: _short(str(value)) for name, value in more.items()}
    if "want" in more:
        shown["want"], shown["want_zh"] = _KINDS[str(more["want"])]
    in_chinese = {name: _PARSER.get(text, text) for name, text in shown.items()}
    return Reason(path, rule, english.format(**shown), chinese.format(**in_chinese))


def error(path: str, rule: str, **more: object) -> DocumentError:
    """The same as an exception for the whole document."""
    return DocumentError(reason(path, rule, values=more))


def _short(text: str) -> str:
    text = text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\x00", "\\u0000")
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
