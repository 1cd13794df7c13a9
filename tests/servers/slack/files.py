"""`files.*`: an upload in its three steps. The middle one is a route of the server."""

from tests.servers.slack.api import Call, SlackError, method
from tests.servers.slack.state import Body, File, Message


@method("files.getUploadURLExternal", scope="files:write")
def get_upload_url(call: Call) -> Body:
    file = File(
        id=call.world.new_id("F"),
        name=call.arguments["filename"],
        length=int(call.arguments["length"]),
        alternative=call.arguments.get("alt_txt", ""),
    )
    call.world.files[file.id] = file
    return {"upload_url": f"{call.url}/upload/v1/{file.id}", "file_id": file.id}


@method("files.completeUploadExternal", scope="files:write")
def complete_upload(call: Call) -> Body:
    files = []
    for one in call.arguments["files"]:
        file = call.world.files.get(one.get("id"))
        if file is None or file.content is None:
            raise SlackError("file_not_found")
        files.append(file)
    if "channel_id" in call.arguments:
        channel = call.channel("channel_id")
        if call.bot.bot_user not in channel.members:
            raise SlackError("not_in_channel")
        content = {
            "text": call.arguments.get("initial_comment", ""),
            "subtype": "file_share",
            "files": [{"id": file.id, "name": file.name} for file in files],
        }
        message = Message(
            ts=call.world.new_ts(),
            channel=channel,
            sender=call.bot.bot_user,
            bot=call.bot.bot_id,
            content=content,
            thread_ts=call.arguments.get("thread_ts"),
        )
        channel.messages.append(message)
        call.world.show_message("public", message)
        for file in files:
            file.shared_in.append(channel.id)
    return {"files": [{"id": file.id, "title": file.name} for file in files]}
