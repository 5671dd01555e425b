"""Drives the release binary with the official Python MCP client, in both eras of the protocol.

Usage: mcp_client.py BINARY. Starts `BINARY emulate` on a free port, then talks to `BINARY mcp` over stdio:
lists the tools, calls ten of them (reads and changes), checks that refusals are results and not crashes. Changes
ask the person in front of the client: one who agrees, one who declines, and none at all.
"""

import asyncio
import os
import subprocess
import sys
import tempfile

from mcp import types
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters

PASSWORD = "Canary-8chars"

READS = [
    ("box_show", {}),
    ("connection_show", {}),
    ("wifi_show", {}),
    ("host_list", {}),
    ("dhcp_lease_list", {}),
    ("port_forward_list", {}),
    ("call_list", {}),
    ("firewall_show", {}),
]


def check(condition, what):
    if not condition:
        raise SystemExit(f"FAILED: {what}")
    print(f"ok: {what}")


class Person:
    """Somebody in front of the client, who answers every question in the same way."""

    def __init__(self, action, **content):
        self.action, self.content, self.asked = action, content, []

    async def answer(self, _context, params):
        self.asked.append(params)
        return types.ElicitResult(action=self.action, content=self.content or None)


def server(binary, url, state):
    env = {
        "PATH": os.environ.get("PATH", ""),
        "LIVEBOX_HOST": url,
        "LIVEBOX_PASSWORD": PASSWORD,
        "LIVEBOX_MCP_STATE": state,
        "LIVEBOX_MCP_CONFIG": state,
        "LIVEBOX_LANG": "en",
    }
    return StdioServerParameters(command=binary, args=["mcp"], env=env)


async def session(binary, url, state, mode):
    agreeing = Person("accept", confirm=True)
    async with Client(server(binary, url, state), mode=mode, elicitation_callback=agreeing.answer) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        check(len(tools) >= 30, f"{mode}: {len(tools)} tools listed")
        check(not any(name.startswith("livebox_") for name in tools), f"{mode}: earlier names are hidden")
        for name, arguments in READS:
            result = await client.call_tool(name, arguments)
            check(not result.is_error and result.structured_content is not None, f"{mode}: {name} answers")
            check(bool(result.content and result.content[0].text), f"{mode}: {name} has a text")
        check(not agreeing.asked, f"{mode}: reads ask nobody")
        hosts = (await client.call_tool("host_list", {})).structured_content["hosts"]
        host = next(h for h in hosts if h.get("name") and h.get("mac"))
        rename = {"host": host["mac"], "name": f"CI {mode}"}
        result = await client.call_tool("host_rename", {**rename, "plan": True})
        check(result.structured_content["outcome"] == "planned", f"{mode}: host_rename is planned")
        check(not agreeing.asked, f"{mode}: a plan asks nobody")
        result = await client.call_tool("host_rename", rename)
        check(result.structured_content["outcome"] == "applied", f"{mode}: host_rename is applied")
        check(f"CI {mode}" in agreeing.asked[0].message, f"{mode}: the person was told what would change")
        result = await client.call_tool("livebox_get_device_info", {"mac_address": host["mac"]})
        check(f"CI {mode}" in result.content[0].text, f"{mode}: an earlier tool sees the new name")
        result = await client.call_tool("lan_set", {"dhcp": False})
        check(result.is_error and "word" in str(agreeing.asked[-1]), f"{mode}: a tick is no typed word")
        result = await client.call_tool("host_list", {"colour": "blue"})
        check(result.is_error, f"{mode}: an unknown argument is refused")
        result = await client.call_tool("livebox_change_password", {"current_password": "x", "new_password": "y"})
        check(result.is_error and "terminal" in result.content[0].text, f"{mode}: a secret is sent to the terminal")

    for person in (Person("decline"), Person("cancel"), Person("accept", confirm=False)):
        async with Client(server(binary, url, state), mode=mode, elicitation_callback=person.answer) as client:
            result = await client.call_tool("host_rename", {**rename, "name": "Nobody wants this"})
            check(result.is_error and len(person.asked) == 1, f"{mode}: {person.action} {person.content} is a no")
            shown = await client.call_tool("host_show", {"host": host["mac"]})
            check(f"CI {mode}" in shown.content[0].text, f"{mode}: the name is what it was")

    async with Client(server(binary, url, state), mode=mode) as client:
        result = await client.call_tool("host_rename", {**rename, "name": "Nobody was asked"})
        check(result.structured_content["outcome"] == "approval_needed", f"{mode}: without forms a terminal decides")
        check("livebox-mcp approve" in result.content[0].text, f"{mode}: and the command for it is given")

    # From another process of ours, and of the client's.
    async with Client(server(binary, url, state), mode=mode, elicitation_callback=agreeing.answer) as client:
        result = await client.call_tool("journal_undo", {})
        check(result.structured_content["outcome"] == "applied", f"{mode}: the change is undone")
        result = await client.call_tool("host_show", {"host": host["mac"]})
        check(f"CI {mode}" not in result.content[0].text, f"{mode}: the former name is back")


async def main():
    binary = os.path.abspath(sys.argv[1])
    emulator = subprocess.Popen(
        [binary, "emulate", "--listen", "127.0.0.1:0", "--password", PASSWORD], stdout=subprocess.PIPE, text=True
    )
    try:
        ready = emulator.stdout.readline()
        url = next(word for word in ready.split() if word.startswith("http://"))
        with tempfile.TemporaryDirectory() as state:
            for mode in ("legacy", "auto"):
                await session(binary, url, state, mode)
    finally:
        emulator.terminate()
        emulator.wait(timeout=10)


asyncio.run(main())
