"""The form in which staff replace texts of the button in the widget's language. Those of other languages are set through the API, and kept."""

from collections.abc import Mapping
from typing import cast

from django import forms
from unfold.widgets import BASE_CLASSES

from widgets.texts import TEXTS


class TextsInput(forms.Widget):
    """One input for each text, beside the default one."""

    template_name = "widgets/texts.html"
    use_fieldset = True
    locale = "en"
    "Set by the form to that of its widget."

    def value_from_datadict(self, data: Mapping[str, object], files: object, name: str) -> dict[str, str]:
        typed = {key: str(data.get(f"{name}-{key}", "")).strip() for key in TEXTS[self.locale]}
        return {key: text for key, text in typed.items() if text}

    def value_omitted_from_data(self, data: object, files: object, name: str) -> bool:
        return False

    def id_for_label(self, id_: str) -> str:
        return ""  # no single input is labelled by the field's name

    def get_context(self, name: str, value: object, attrs: dict[str, object] | None) -> dict[str, object]:
        """`value` is what was typed, or what is stored for all languages."""
        typed_or_stored = cast("Mapping[str, object]", value)
        stored = typed_or_stored.get(self.locale)
        own = stored if isinstance(stored, dict) else typed_or_stored
        rows = [
            {"name": f"{name}-{key}", "usual": usual, "own": own.get(key, "")}
            for key, usual in TEXTS[self.locale].items()
        ]
        classes = " ".join((*(name for name in BASE_CLASSES if "errors" not in name), "px-3", "py-2", "w-full"))
        replaced = any(row["own"] for row in rows)
        return super().get_context(name, "", attrs) | {
            "rows": rows,
            "locale": self.locale,
            "replaced": replaced,
            "input_classes": classes,
        }


class TextsField(forms.Field):
    """Returns the texts of the widget's language only."""

    widget = TextsInput

    def has_changed(self, initial: dict[str, object] | None, data: object) -> bool:
        return bool((initial or {}).get(self.widget.locale, {}) != data)
