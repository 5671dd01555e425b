"""Drives the release binary with the official Python MCP client, in both eras of the protocol.

Usage: mcp_client.py BINARY. Starts `BINARY emulate` on a free port, then talks to `BINARY mcp` over stdio:
lists the tools, calls ten of them (reads and changes), checks that refusals are results and not crashes.
"""

import asyncio
import os
import subprocess
import sys
import tempfile

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


async def session(binary, url, state, mode):
    env = {
        "PATH": os.environ.get("PATH", ""),
        "LIVEBOX_HOST": url,
        "LIVEBOX_PASSWORD": PASSWORD,
        "LIVEBOX_MCP_STATE": state,
        "LIVEBOX_MCP_CONFIG": state,
        "LIVEBOX_LANG": "en",
    }
    server = StdioServerParameters(command=binary, args=["mcp"], env=env)
    async with Client(server, mode=mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        check(len(tools) >= 30, f"{mode}: {len(tools)} tools listed")
        check(not any(name.startswith("livebox_") for name in tools), f"{mode}: earlier names are hidden")
        for name, arguments in READS:
            result = await client.call_tool(name, arguments)
            check(not result.is_error and result.structured_content is not None, f"{mode}: {name} answers")
            check(bool(result.content and result.content[0].text), f"{mode}: {name} has a text")
        hosts = (await client.call_tool("host_list", {})).structured_content["hosts"]
        host = next(h for h in hosts if h.get("name") and h.get("mac"))
        result = await client.call_tool("host_rename", {"host": host["mac"], "name": f"CI {mode}"})
        check(not result.is_error, f"{mode}: host_rename is applied")
        result = await client.call_tool("livebox_get_device_info", {"mac_address": host["mac"]})
        check(f"CI {mode}" in result.content[0].text, f"{mode}: an earlier tool sees the new name")
        result = await client.call_tool("host_list", {"colour": "blue"})
        check(result.is_error and "colour" in result.content[0].text, f"{mode}: an unknown argument is refused")
        result = await client.call_tool("livebox_change_password", {"current_password": "x", "new_password": "y"})
        check(result.is_error and "terminal" in result.content[0].text, f"{mode}: a secret is sent to the terminal")


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
