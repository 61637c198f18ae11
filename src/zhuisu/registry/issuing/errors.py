"""The one error of issuing: which rule, in both languages, and which field of the form it belongs to."""


class IssueError(ValueError):
    """Codes cannot be issued, changed or imported as asked. Nothing was stored.

    `rule` is a short stable id, `message` an English sentence, `message_zh` the same in Chinese, `field` the name of
    the argument it is about, or nothing.
    """

    def __init__(self, rule: str, message: str, message_zh: str, field: str = "") -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.message_zh = message_zh
        self.field = field
