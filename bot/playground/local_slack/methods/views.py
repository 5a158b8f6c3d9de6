"""views.*: modals and the Home tab."""

from typing import Any

from bot.playground.local_slack.arguments import Arguments, missing
from bot.playground.local_slack.limits import check_view
from bot.playground.local_slack.modals import check_hash, open_modal, publish_home, push_modal, shape, update_view
from bot.playground.local_slack.records import Json, SlackError, View
from bot.playground.local_slack.workspace import Workspace


def open_view(workspace: Workspace, arguments: Arguments) -> Json:
    content = _content(arguments)
    trigger = workspace.triggers.exchange(arguments.required("trigger_id"))
    return {"view": shape(open_modal(workspace, trigger.user, content))}


def push(workspace: Workspace, arguments: Arguments) -> Json:
    content = _content(arguments)
    trigger = workspace.triggers.exchange(arguments.required("trigger_id"))
    if trigger.view_id is None:
        raise SlackError("not_found")
    return {"view": shape(push_modal(workspace, trigger.user, content))}


def update(workspace: Workspace, arguments: Arguments) -> Json:
    content = _content(arguments)
    view = _existing(workspace, arguments)
    check_hash(view, arguments.text("hash"))
    return {"view": shape(update_view(workspace, view, content))}


def publish(workspace: Workspace, arguments: Arguments) -> Json:
    content = _content(arguments)
    user = arguments.required("user_id")
    if user not in workspace.world.users:
        raise SlackError("invalid_arguments")
    if user in workspace.world.homes:
        check_hash(workspace.world.homes[user], arguments.text("hash"))
    return {"view": shape(publish_home(workspace, user, content))}


def _content(arguments: Arguments) -> Any:
    """The view, checked before its trigger is used up."""
    content = arguments.nested("view")
    if content is None:
        raise missing("view")
    check_view(content)
    return content


def _existing(workspace: Workspace, arguments: Arguments) -> View:
    view_id, external_id = arguments.text("view_id"), arguments.text("external_id")
    if not view_id and not external_id:
        raise missing("view_id")
    open_views = [view for stack in workspace.world.stacks.values() for view in stack]
    for view in [*open_views, *workspace.world.homes.values()]:
        if view.id == view_id or (external_id and view.content.get("external_id") == external_id):
            return view
    raise SlackError("not_found")
