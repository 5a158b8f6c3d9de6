"""Slack's limits on what stands inside blocks: texts, options, buttons, selects and inputs."""

from collections.abc import Callable
from typing import Any

from bot.playground.local_slack.records import Json

TEXT = 3_000
ID = 255
SELECTS = ("static_select", "external_select", "users_select", "conversations_select", "channels_select")
MULTI_SELECTS = tuple(f"multi_{kind}" for kind in SELECTS)
PICKERS = ("datepicker", "timepicker", "datetimepicker")
CHOICES = ("radio_buttons", "checkboxes")
TYPED = ("plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input")

IN_ACTIONS = ("button", "overflow", *SELECTS, *MULTI_SELECTS, *PICKERS, *CHOICES)
IN_SECTION = ("image", *IN_ACTIONS)
IN_INPUT = (*SELECTS, *MULTI_SELECTS, *PICKERS, *CHOICES, *TYPED, "file_input")


class Findings:
    """What is wrong, in Slack's way: a sentence and the JSON pointer of the place."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def add(self, words: str, pointer: str) -> None:
        self.messages.append(f"[ERROR] {words} [json-pointer:{pointer}]")

    def length(self, value: Any, pointer: str, most: int, *, least: int = 0) -> None:
        """Check a string's length; None passes, for what is missing is another question."""
        if value is None:
            return
        if not isinstance(value, str):
            self.add("must be a string", pointer)
        elif len(value) > most:
            self.add(f"must be less than {most + 1} characters", pointer)
        elif len(value) < least:
            self.add(f"must be more than {least - 1} characters", pointer)

    def count(self, items: Any, pointer: str, most: int, *, least: int = 1) -> bool:
        """Check that there is a list of the right size; says whether its items can be looked at."""
        if not isinstance(items, list):
            self.add("must be an array", pointer)
            return False
        if len(items) > most:
            self.add(f"no more than {most} items allowed", pointer)
        if len(items) < least:
            self.add(f"no fewer than {least} items allowed", pointer)
        return True

    def required(self, holder: Json, name: str, pointer: str) -> bool:
        if holder.get(name) in (None, ""):
            self.add(f"missing required field: {name}", pointer)
            return False
        return True


def check_text(text: Any, findings: Findings, pointer: str, most: int = TEXT, *, plain_only: bool = False) -> None:
    """A text object: its type, and 1 to `most` characters."""
    if not isinstance(text, dict):
        findings.add("must be an object", pointer)
        return
    allowed = ("plain_text",) if plain_only else ("plain_text", "mrkdwn")
    if text.get("type") not in allowed:
        findings.add(f"must be one of: {', '.join(allowed)}", f"{pointer}/type")
    if "text" not in text:
        findings.add("missing required field: text", pointer)
    findings.length(text.get("text"), f"{pointer}/text", most, least=1)


def check_plain(holder: Json, name: str, findings: Findings, pointer: str, most: int) -> None:
    """An optional plain_text object in a field of `holder`."""
    if name in holder:
        check_text(holder[name], findings, f"{pointer}/{name}", most, plain_only=True)


def check_element(element: Any, findings: Findings, pointer: str, allowed: tuple[str, ...]) -> None:
    """An element that may stand in a place where only `allowed` types may."""
    if not isinstance(element, dict):
        findings.add("must be an object", pointer)
        return
    kind = element.get("type")
    if kind not in allowed:
        findings.add(f"unsupported type: {kind}", f"{pointer}/type")
        return
    findings.length(element.get("action_id"), f"{pointer}/action_id", ID, least=1)
    check_plain(element, "placeholder", findings, pointer, 150)
    if "confirm" in element:
        _check_confirm(element["confirm"], findings, f"{pointer}/confirm")
    if (check := CHECKS.get(str(kind))) is not None:
        check(element, findings, pointer)


def check_image(image: Json, findings: Findings, pointer: str) -> None:
    if "image_url" not in image and "slack_file" not in image:
        findings.add("missing required field: image_url", pointer)
    findings.length(image.get("image_url"), f"{pointer}/image_url", 3_000, least=1)
    if findings.required(image, "alt_text", pointer):
        findings.length(image["alt_text"], f"{pointer}/alt_text", 2_000)


def _check_confirm(confirm: Any, findings: Findings, pointer: str) -> None:
    if not isinstance(confirm, dict):
        findings.add("must be an object", pointer)
        return
    for name, most in (("title", 100), ("confirm", 30), ("deny", 30)):
        check_plain(confirm, name, findings, pointer, most)
    if findings.required(confirm, "text", pointer):
        check_text(confirm["text"], findings, f"{pointer}/text", 300)


def _check_button(button: Json, findings: Findings, pointer: str) -> None:
    if findings.required(button, "text", pointer):
        check_text(button["text"], findings, f"{pointer}/text", 75, plain_only=True)
    findings.length(button.get("value"), f"{pointer}/value", 2_000)
    findings.length(button.get("url"), f"{pointer}/url", 3_000)
    findings.length(button.get("accessibility_label"), f"{pointer}/accessibility_label", 75)
    if button.get("style", "primary") not in ("primary", "danger"):
        findings.add("must be one of: primary, danger", f"{pointer}/style")


def check_option(option: Any, findings: Findings, pointer: str, *, plain_only: bool = True) -> None:
    if not isinstance(option, dict):
        findings.add("must be an object", pointer)
        return
    check_text(option.get("text"), findings, f"{pointer}/text", 75, plain_only=plain_only)
    if findings.required(option, "value", pointer):
        findings.length(option["value"], f"{pointer}/value", 150)
    if "description" in option:
        check_text(option["description"], findings, f"{pointer}/description", 75, plain_only=plain_only)


def check_options(holder: Json, findings: Findings, pointer: str, most: int = 100, *, plain_only: bool = True) -> None:
    """`options`, or `option_groups` of options, of a select or of an options answer."""
    if "option_groups" in holder:
        if findings.count(holder["option_groups"], f"{pointer}/option_groups", 100):
            for index, group in enumerate(holder["option_groups"]):
                place = f"{pointer}/option_groups/{index}"
                check_text(group.get("label"), findings, f"{place}/label", 75, plain_only=True)
                check_options({"options": group.get("options")}, findings, place)
        return
    if findings.count(holder.get("options"), f"{pointer}/options", most):
        for index, option in enumerate(holder["options"]):
            check_option(option, findings, f"{pointer}/options/{index}", plain_only=plain_only)


def all_options(holder: Json) -> list[Json]:
    grouped = [option for group in holder.get("option_groups", []) for option in group.get("options", [])]
    return [*holder.get("options", []), *grouped]


def _check_static(select: Json, findings: Findings, pointer: str) -> None:
    check_options(select, findings, pointer)
    _check_initial(select, findings, pointer)


def _check_choice(choice: Json, findings: Findings, pointer: str) -> None:
    check_options(choice, findings, pointer, 10, plain_only=False)
    _check_initial(choice, findings, pointer)


def _check_initial(holder: Json, findings: Findings, pointer: str) -> None:
    initial = [holder["initial_option"]] if "initial_option" in holder else holder.get("initial_options", [])
    if any(option not in all_options(holder) for option in initial):
        findings.add("must be one of the provided options", f"{pointer}/initial_option")


def _check_overflow(overflow: Json, findings: Findings, pointer: str) -> None:
    check_options(overflow, findings, pointer, 5)


def _check_external(select: Json, findings: Findings, pointer: str) -> None:
    if "initial_option" in select:
        check_option(select["initial_option"], findings, f"{pointer}/initial_option")


def _check_typed(field: Json, findings: Findings, pointer: str) -> None:
    longest = field.get("max_length", TEXT)
    if not isinstance(longest, int) or not 1 <= longest <= TEXT:
        findings.add("must be between 1 and 3000", f"{pointer}/max_length")
        return
    findings.length(field.get("initial_value"), f"{pointer}/initial_value", longest)


def _check_number(field: Json, findings: Findings, pointer: str) -> None:
    if "is_decimal_allowed" not in field:
        findings.add("missing required field: is_decimal_allowed", pointer)


def _check_file_input(field: Json, findings: Findings, pointer: str) -> None:
    if not 1 <= field.get("max_files", 10) <= 10:
        findings.add("must be between 1 and 10", f"{pointer}/max_files")


CHECKS: dict[str, Callable[[Json, Findings, str], None]] = {
    "button": _check_button,
    "image": check_image,
    "static_select": _check_static,
    "multi_static_select": _check_static,
    "external_select": _check_external,
    "overflow": _check_overflow,
    "radio_buttons": _check_choice,
    "checkboxes": _check_choice,
    "plain_text_input": _check_typed,
    "number_input": _check_number,
    "file_input": _check_file_input,
}
