"""Opens, stacks, changes and closes views."""

import copy
from typing import Any

from bot.playground.local_slack.inputs import state_values
from bot.playground.local_slack.limits import check_view
from bot.playground.local_slack.records import Json, SlackError, View
from bot.playground.local_slack.shapes import view_json
from bot.playground.local_slack.workspace import Workspace
from bot.playground.local_slack.world import name_blocks

STACK_DEPTH = 3


def open_modal(workspace: Workspace, user: str, content: Any) -> View:
    """A modal of its own; what this person had open before is gone."""
    _refuse_known_external_id(workspace, content)
    view = _new_view(workspace, user, content)
    workspace.world.stacks[user] = [view]
    return _told(workspace, view)


def push_modal(workspace: Workspace, user: str, content: Any) -> View:
    stack = workspace.world.stacks.get(user, [])
    if not stack:
        raise SlackError("not_found")
    if len(stack) >= STACK_DEPTH:
        raise SlackError("push_limit_reached")
    _refuse_known_external_id(workspace, content)
    view = _new_view(workspace, user, content)
    view.root_id, view.previous_id = stack[0].root_id, stack[-1].id
    stack.append(view)
    return _told(workspace, view)


def update_view(workspace: Workspace, view: View, content: Any) -> View:
    """Replace a view's content; what was typed stays where block id and action id stay."""
    check_view(content)
    view.content = copy.deepcopy(content)
    name_blocks(view.content["blocks"], workspace.world)
    view.hash = workspace.world.new_id("h")
    return _told(workspace, view)


def publish_home(workspace: Workspace, user: str, content: Any) -> View:
    view = workspace.world.homes.get(user)
    if view is not None:
        return update_view(workspace, view, content)
    view = workspace.world.homes[user] = _new_view(workspace, user, content)
    return _told(workspace, view)


def shape(view: View) -> Json:
    """The view as the app receives it, with its present state."""
    return view_json(view, state_values(view.content["blocks"], view.typed))


def check_hash(view: View, given: str) -> None:
    if given and given != view.hash:
        raise SlackError("hash_conflict")


def _new_view(workspace: Workspace, user: str, content: Any) -> View:
    check_view(content)
    own = copy.deepcopy(content)
    name_blocks(own["blocks"], workspace.world)
    view_id = workspace.world.new_id("V")
    return View(view_id, user, workspace.world.new_id("h"), own, root_id=view_id)


def _refuse_known_external_id(workspace: Workspace, content: Any) -> None:
    external_id = content.get("external_id") if isinstance(content, dict) else None
    open_views = [view for stack in workspace.world.stacks.values() for view in stack]
    if external_id and any(view.content.get("external_id") == external_id for view in open_views):
        raise SlackError("duplicate_external_id")


def _told(workspace: Workspace, view: View) -> View:
    workspace.journal.tell("view", {"id": view.id, "user": view.user})
    return view
