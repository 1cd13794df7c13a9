"""`views.*`: modals and home pages."""

from tests.servers.slack.api import Call, SlackError, method
from tests.servers.slack.controls import with_ids
from tests.servers.slack.state import Body, Team, Trigger, View
from tests.servers.slack.world import World

DEEPEST = 3  # views upon each other
LARGEST = 250_000  # characters of a view in all


def show(world: World, user: str, team: Team, content: Body, *, on_top_of: View | None = None) -> View:
    """Puts a modal before somebody."""
    name = world.new_id("V")
    view = View(
        id=name,
        team=team,
        user=user,
        content=content,
        root=on_top_of.root if on_top_of else name,
        previous=on_top_of.id if on_top_of else None,
    )
    world.views[name] = view
    if on_top_of is None:
        close_all(world, user)
    world.modals.setdefault(user, []).append(view)
    world.show_view(view)
    return view


def change(world: World, view: View, content: Body) -> View:
    view.content = content
    view.version += 1
    world.show_view(view)
    return view


def complete(content: Body) -> Body:
    """A view with the ids that Slack makes up."""
    return {**content, "blocks": with_ids(content["blocks"])}


def close_all(world: World, user: str) -> None:
    for view in world.modals.pop(user, []):
        del world.views[view.id]


def close_top(world: World, user: str) -> None:
    stack = world.modals[user]
    del world.views[stack.pop().id]


@method("views.open")
def open_(call: Call) -> Body:
    trigger = _exchanged(call)
    content = _content(call, "modal")
    return {"view": show(call.world, trigger.user, trigger.team, content).shown()}


@method("views.push")
def push(call: Call) -> Body:
    trigger = _exchanged(call)
    content = _content(call, "modal")
    stack = call.world.modals.get(trigger.user, [])
    if trigger.view is None or not stack:
        raise SlackError("not_found")
    if len(stack) >= DEEPEST:
        raise SlackError("push_limit_reached")
    return {"view": show(call.world, trigger.user, trigger.team, content, on_top_of=stack[-1]).shown()}


@method("views.update")
def update(call: Call) -> Body:
    view = _named(call)
    if call.arguments.get("hash") not in (None, view.hash):
        raise SlackError("hash_conflict")
    return {"view": change(call.world, view, _content(call, view.type)).shown()}


@method("views.publish")
def publish(call: Call) -> Body:
    user = call.user("user_id", error="invalid_arguments")
    content = _content(call, "home")
    home = call.world.homes.get(user.id)
    if home is None:
        name = call.world.new_id("V")
        home = View(id=name, team=user.team, user=user.id, content=content, root=name)
        call.world.homes[user.id] = call.world.views[name] = home
        call.world.show_view(home)
    elif call.arguments.get("hash") not in (None, home.hash):
        raise SlackError("hash_conflict")
    else:
        change(call.world, home, content)
    return {"view": home.shown()}


def _content(call: Call, kind: str) -> Body:
    content: Body = call.arguments["view"]
    if content.get("type") != kind:
        raise SlackError("invalid_arguments", response_metadata={"messages": [f"must be of type {kind}"]})
    if len(str(content)) > LARGEST:
        raise SlackError("view_too_large")
    external = content.get("external_id")
    if external and any(
        one.content.get("external_id") == external and one.id != call.arguments.get("view_id")
        for one in call.world.views.values()
    ):
        raise SlackError("duplicate_external_id")
    return complete(content)


def _exchanged(call: Call) -> Trigger:
    """The trigger that is spent with this call."""
    trigger = call.world.triggers.get(str(call.arguments.get("trigger_id")))
    if trigger is None or not call.bot.reaches(trigger.team):
        raise SlackError("invalid_trigger_id")
    if trigger.used:
        raise SlackError("exchanged_trigger_id")
    if trigger.until <= call.world.now():
        raise SlackError("expired_trigger_id")
    trigger.used = True
    return trigger


def _named(call: Call) -> View:
    view = call.world.views.get(str(call.arguments.get("view_id")))
    if view is None and call.arguments.get("external_id"):
        external = call.arguments["external_id"]
        known = call.world.views.values()
        view = next((one for one in known if one.content.get("external_id") == external), None)
    if view is None or not call.bot.reaches(view.team):
        raise SlackError("not_found")
    return view
