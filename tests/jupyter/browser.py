"""A page in headless Chromium, driven over the DevTools protocol: just enough to open a notebook, run it and look at it."""
import asyncio
import base64
import itertools
import json
import os
import subprocess
import time
import urllib.request

from tornado.websocket import websocket_connect


class Page:
    def __init__(self, chromium, profile):
        self.process = subprocess.Popen(
            [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-port=0", "--remote-allow-origins=*",
             "--window-size=1100,1000", f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.port_file = os.path.join(profile, "DevToolsActivePort")
        self.ids = itertools.count(1)
        self.socket = None

    async def connect(self):
        await until(lambda: os.path.exists(self.port_file) and open(self.port_file).read().count("\n") >= 1, 30, "Chromium to start")
        port = open(self.port_file).read().split("\n")[0]
        targets = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list"))
        page = next(target for target in targets if target["type"] == "page")
        self.socket = await websocket_connect(page["webSocketDebuggerUrl"], max_message_size=64 << 20)

    async def call(self, method, **parameters):
        number = next(self.ids)
        await self.socket.write_message(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            text = await asyncio.wait_for(self.socket.read_message(), 30)
            message = json.loads(text)
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]

    async def evaluate(self, script):
        result = await self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("text", "") + " in " + script)
        return result["result"].get("value")

    async def wait(self, script, seconds, what):
        async def holds():
            try:
                return await self.evaluate(script)
            except RuntimeError:
                return False  # the page is still loading
        await until(holds, seconds, what)

    async def screenshot(self, path):
        shot = await self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def close(self):
        self.process.terminate()
        self.process.wait(20)


async def until(holds, seconds, what):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = holds()
        if asyncio.iscoroutine(result):
            result = await result
        if result:
            return
        await asyncio.sleep(0.2)
    raise TimeoutError(f"waited {seconds} s for {what}")
