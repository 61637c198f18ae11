"""Forms of the desk: sending a document, narrowing a list."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

# Reading takes about ten times the size in memory; systems with more send it over the machine's door.
UPLOAD_LIMIT = 16 * 1024 * 1024  # octets of a file
PASTE_LIMIT = 1_000_000  # characters; a form of more than 2 MiB is refused before it is read


class UploadForm(forms.Form):
    """An EPCIS document, as a file or pasted, and what to do when an event in it is wrong."""

    file = forms.FileField(
        label=_("文件"),
        required=False,
        help_text=_("EPCIS 2.0 文档：JSON、JSON-LD 或 XML，最大 16 MB。"),
        widget=forms.FileInput(attrs={"accept": ".json,.jsonld,.xml"}),
        error_messages={"empty": _("文件是空的。")},
    )
    text = forms.CharField(
        label=_("或在此粘贴"),
        required=False,
        strip=False,
        max_length=PASTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "autocomplete": "off"}),
    )
    behaviour = forms.ChoiceField(
        label=_("有事件不合格时"),
        choices=[
            ("rollback", _("整份退回，一条也不入库")),
            ("proceed", _("合格的先入库，不合格的退回")),
        ],
        initial="rollback",
        widget=forms.RadioSelect,
    )

    def clean_file(self) -> "UploadedFile[Any] | None":
        """Not more than the limit."""
        file: UploadedFile[Any] | None = self.cleaned_data.get("file")
        if file and (file.size or 0) > UPLOAD_LIMIT:
            raise ValidationError(_("文件超过 16 MB，请拆分，或用接口分批上报。"))
        return file

    def clean(self) -> dict[str, Any]:
        """One of the two, not both."""
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        file, text = cleaned.get("file"), (cleaned.get("text") or "").strip()
        if file and text:
            self.add_error("text", _("文件和粘贴内容请只提供一种。"))
        elif not file and not text:
            self.add_error("file", _("请选择文件，或在下方粘贴内容。"))
        return cleaned

    def document(self) -> bytes:
        """The octets to capture. Only after is_valid()."""
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        if file:
            return bytes(file.read())
        return str(self.cleaned_data["text"]).encode(errors="surrogatepass")


class ListForm(forms.Form):
    """What the list of captures is narrowed to. Anything wrong in it is left out."""

    q = forms.CharField(required=False, max_length=100)
    outcome = forms.ChoiceField(
        required=False,
        choices=[
            ("", _("全部结果")),
            ("success", _("全部入库")),
            ("failed", _("有退回")),
            ("running", _("处理中")),
        ],
    )
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62)
