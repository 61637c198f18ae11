"""The error of this package: what cannot be printed, why, and what would be right, in both languages."""


class LabelError(ValueError):
    """A symbol or a label cannot be made as asked.

    `rule` is a short stable id ("too-long", "does-not-fit", "font"), `message` an English sentence, `message_zh` the
    same in Chinese, `field` the key of the template's field it is about, or "".
    """

    def __init__(self, rule: str, message: str, message_zh: str, field: str = "") -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.message_zh = message_zh
        self.field = field
