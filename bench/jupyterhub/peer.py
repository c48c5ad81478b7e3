#!/usr/bin/env python3
"""JupyterHub with DockerSpawner, measured as Berth is in a burst: users who click start at the same moment.

    peer.py default|raised USERS RUN_WITHIN_S GONE_WITHIN_S NODE

default: limits and timeouts as they come. raised: none that a burst could reach, and a click is answered at once.
Standard input is a pipe with one line of JSON (image, hostname, home, host: the HostConfig of a container of Berth's).
When it ends before the measurement does, or on SIGINT or SIGTERM, everything is taken away at once. One line of JSON on
standard output. A user does what the hub's own page does: POST start; on 202 follow the progress until it says ready; then
GET the user's page through the proxy until it is there.
"""
import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import aiohttp

HERE = Path(__file__).resolve().parent
PROXY = HERE / "node_modules/configurable-http-proxy"
ANSWERS_WITHIN_S = 60
LOOK_EVERY_S = 0.05
# Each look is a process, and the engine is busy.
COUNT_EVERY_S = 0.2
MIB = 1024


class Failed(Exception):
    """A start that came to nothing; its words are JupyterHub's."""


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def docker(*args):
    # In a session of its own: Ctrl+C is for us, who then take everything away.
    return subprocess.run(["docker", *args], capture_output=True, text=True, start_new_session=True).stdout


class Hub:
    """A hub and its proxy in a folder of their own."""

    def __init__(self, variant, node, wanted, folder):
        public, api, hub = (f"http://127.0.0.1:{port}" for port in free_ports(3))
        self.url, self.folder = public, Path(folder)
        self.prefix = "berth-bench-" + secrets.token_hex(6)
        token = secrets.token_hex(16)
        self.headers = {"Authorization": f"token {token}"}
        peer = wanted | {"variant": variant, "public": public, "proxy": api, "hub": hub, "token": token, "prefix": self.prefix}
        proxy = [node, PROXY / "bin/configurable-http-proxy", "--ip", "127.0.0.1", "--port", public.rpartition(":")[2]]
        proxy += ["--api-ip", "127.0.0.1", "--api-port", api.rpartition(":")[2], "--error-target", hub + "/hub/error"]
        config = str(HERE / "jupyterhub_config.py")
        self.processes = {}
        try:
            self.run("proxy", proxy, {"CONFIGPROXY_AUTH_TOKEN": token})
            self.run("hub", [sys.executable, "-m", "jupyterhub", "-f", config], {"PEER": json.dumps(peer)})
        except BaseException:
            self.end()
            raise

    def run(self, name, command, env):
        with open(self.folder / f"{name}.log", "w") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=self.folder, env=os.environ | env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def words(self):
        return "\n".join("\n".join((self.folder / f"{name}.log").read_text().splitlines()[-15:]) for name in self.processes)

    async def ready(self, http):
        until = time.monotonic() + ANSWERS_WITHIN_S
        while time.monotonic() < until and all(one.poll() is None for one in self.processes.values()):
            try:
                async with http.get(self.url + "/hub/api/", headers=self.headers) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(LOOK_EVERY_S)
        raise SystemExit("JupyterHub does not answer:\n" + self.words())

    def used(self, name):
        """CPU seconds so far, resident memory now, and the most of it since `forget` (man 5 proc)."""
        if self.processes[name].poll() is not None:
            raise SystemExit(f"JupyterHub's {name} has ended:\n{self.words()}")
        proc = Path(f"/proc/{self.processes[name].pid}")
        utime, stime = (proc / "stat").read_text().rpartition(") ")[2].split()[11:13]
        status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
        mib = {key: int(status[key].split()[0]) / MIB for key in ("VmRSS", "VmHWM")}
        return (int(utime) + int(stime)) / os.sysconf("SC_CLK_TCK"), mib["VmRSS"], mib["VmHWM"]

    def forget(self, name):
        Path(f"/proc/{self.processes[name].pid}/clear_refs").write_text("5")

    def containers(self):
        return docker("ps", "-aq", "--filter", f"label=berth.bench={self.prefix}").split()

    def end(self):
        """Whatever state they are in: both processes, then all that the engine has of them."""
        for process in self.processes.values():
            process.kill()
            process.wait()
        # What the engine was asked for last may still come.
        clean = 0
        for _ in range(60):
            containers = self.containers()
            volumes = docker("volume", "ls", "-q", "--filter", f"name={self.prefix}").split()
            if containers:
                docker("rm", "--force", "--volumes", *containers)
            elif volumes:
                docker("volume", "rm", *volumes)
            clean = 0 if containers or volumes else clean + 1
            if clean == 3:
                return
            time.sleep(0.5)
        print(f"the engine still has some of {self.prefix}", file=sys.stderr)


async def start(http, hub, name, seconds, times):
    api = f"{hub.url}/hub/api/users/{name}/server"
    async with http.post(api, headers=hub.headers) as answer:
        words = await answer.text()
        times["post"] = seconds()
    if answer.status not in (201, 202):
        raise Failed(f"POST: {answer.status} {words}")
    if answer.status == 202:
        async with http.get(api + "/progress", headers=hub.headers) as stream:
            if stream.status != 200:
                raise Failed(f"progress: {stream.status} {await stream.text()}")
            async for line in stream.content:
                event = json.loads(line[5:]) if line.startswith(b"data:") else {}
                if event.get("failed"):
                    raise Failed(event["message"])
                if event.get("ready"):
                    break
            else:
                raise Failed("the progress ended before it said ready")
    times["ready"] = seconds()
    while True:
        async with http.get(f"{hub.url}/user/{name}/", allow_redirects=False) as page:
            await page.read()
            if page.status == 200:
                times["usable"] = seconds()
                return
        await asyncio.sleep(LOOK_EVERY_S)


async def click(http, hub, name, begin, run_within):
    """When its steps were done, in seconds from the common beginning; without `usable`, why not."""
    times = {"name": name}
    seconds = lambda: time.monotonic() - begin  # noqa: E731
    try:
        await asyncio.sleep(-seconds())
        await asyncio.wait_for(start(http, hub, name, seconds, times), run_within)
    except asyncio.TimeoutError:
        times["failed"] = f"not there after {run_within:.0f} s"
    except (Failed, aiohttp.ClientError, OSError) as error:
        times["failed"] = f"{type(error).__name__}: {error}" if not isinstance(error, Failed) else str(error)
    return times


async def delete(http, hub, name):
    async with http.delete(f"{hub.url}/hub/api/users/{name}/server", headers=hub.headers) as answer:
        if answer.status not in (202, 204):
            raise Failed(f"DELETE: {answer.status} {await answer.text()}")


async def measure(hub, users, run_within, gone_within):
    unlimited = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=unlimited) as http:
        await hub.ready(http)
        names = [f"burst{n}" for n in range(users)]
        async with http.post(hub.url + "/hub/api/users", headers=hub.headers, json={"usernames": names}) as answer:
            if answer.status != 201:
                raise SystemExit(f"no users: {answer.status} {await answer.text()}")
        for name in hub.processes:
            hub.forget(name)
        before = {name: hub.used(name) for name in hub.processes}
        begin = time.monotonic() + 1
        clicks = await asyncio.gather(*[click(http, hub, name, begin, run_within) for name in names])
        after = {name: hub.used(name) for name in hub.processes}
        started = [one for one in clicks if "usable" in one]
        container = json.loads(docker("inspect", f"{hub.prefix}-{started[0]['name']}"))[0] if started else None
        begin = time.monotonic()
        deletions = await asyncio.gather(*[delete(http, hub, one["name"]) for one in started], return_exceptions=True)
        while (left := len(await asyncio.to_thread(hub.containers))) and time.monotonic() - begin < gone_within:
            await asyncio.sleep(COUNT_EVERY_S)
        gone = time.monotonic() - begin
        last = {name: hub.used(name) for name in hub.processes}
    failed = {}
    for words in [one["failed"].strip() for one in clicks if "failed" in one] + [str(error) for error in deletions if error]:
        failed[words] = failed.get(words, 0) + 1
    return {
        "usable_s": [one["usable"] for one in started],
        "ready_s": [one["ready"] for one in started],
        "post_s": [one["post"] for one in clicks if "post" in one],
        "failed": failed,
        "gone_s": None if left else gone,
        "left": left,
        "container": container,
        "processes": {
            name: {
                "cpu_s": after[name][0] - before[name][0],
                "before_mib": before[name][1],
                "most_mib": last[name][2],
                "end_mib": last[name][1],
            }
            for name in hub.processes
        },
    }


async def main():
    variant, users, run_within, gone_within, node = sys.argv[1:]
    wanted = json.loads(sys.stdin.buffer.readline())
    loop, this = asyncio.get_running_loop(), asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, this.cancel)
    loop.add_reader(sys.stdin.fileno(), lambda: (loop.remove_reader(sys.stdin.fileno()), this.cancel()))
    with tempfile.TemporaryDirectory() as folder:
        hub = Hub(variant, os.path.abspath(node), wanted, folder)
        try:
            measured = await measure(hub, int(users), float(run_within), float(gone_within))
        finally:
            hub.end()
    proxy = json.loads((PROXY / "package.json").read_text())["version"]
    names = {"jupyterhub": version("jupyterhub"), "dockerspawner": version("dockerspawner"), "proxy": proxy}
    print(json.dumps(measured | {"versions": names}))


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except asyncio.CancelledError:
        sys.exit("interrupted")
