#!/usr/bin/env python3
"""What a user does, against a Berth that runs, from outside: used by the tests of the stacks.

  smoke.py URL PASSWORD one                 logs in, starts a desktop, follows its events, sees its screen's greeting, stops it, deletes it
  smoke.py URL PASSWORD many N [COMMAND…]   starts N at once, runs COMMAND meanwhile; all must run, be told of without a gap, and go
  smoke.py URL PASSWORD start NAME          leaves one running and prints its id
  smoke.py URL PASSWORD alive ID            its screen greets
  smoke.py URL PASSWORD end ID              deletes one
  smoke.py URL PASSWORD idle SECONDS        a viewer and a stream of events in which nothing happens so long; both must live on
"""
import base64
import http.cookiejar
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

LIMIT_SECONDS = 180


class Client:
    """One log-in; cookies as a browser keeps them."""

    def __init__(self, url, password):
        self.url = url.rstrip("/")
        self.tls = ssl.create_default_context()
        self.tls.check_hostname, self.tls.verify_mode = False, ssl.CERT_NONE  # a test's certificate is its own
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.jar), urllib.request.HTTPSHandler(context=self.tls)
        )
        self.call("POST", "/auth/login", {"username": "admin", "password": password})

    def open(self, method, path, body=None, timeout=30):
        data = None if body is None else json.dumps(body).encode()
        headers = {} if data is None else {"content-type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers, method=method)
        return self.opener.open(request, timeout=timeout)

    def call(self, method, path, body=None):
        try:
            text = self.open(method, path, body).read()
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise SystemExit(f"{method} {path}: {error.code} {error.read().decode()}") from error
        return json.loads(text) if text else None

    def cookies(self):
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar)

    def template(self):
        def ready():
            items = [one for one in self.call("GET", "/templates")["items"] if one["ready"]]
            return next((one["id"] for one in items if one["default"]), items[0]["id"] if items else None)

        return until("a template is ready", ready)

    def viewer(self, path):
        """The desktop's WebSocket, opened."""
        place = urllib.parse.urlsplit(self.url)
        port = place.port or (443 if place.scheme == "https" else 80)
        line = socket.create_connection((place.hostname, port), timeout=20)
        if place.scheme == "https":
            self.tls.set_alpn_protocols(["http/1.1"])
            line = self.tls.wrap_socket(line, server_hostname=place.hostname)
        key = base64.b64encode(os.urandom(16)).decode()
        asked = [
            f"GET {urllib.parse.urlsplit(path).path} HTTP/1.1", f"Host: {place.netloc}", "Upgrade: websocket",
            "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", f"Origin: {self.url}",
            f"Cookie: {self.cookies()}", "", "",
        ]
        line.sendall("\r\n".join(asked).encode())
        return Viewer(line)


class Viewer:
    """The far end of a desktop's WebSocket: RFB in binary frames."""

    TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

    def __init__(self, line):
        self.line, self.stream, self.bytes = line, line.makefile("rb"), b""
        status = self.stream.readline().decode().strip()
        if " 101 " not in status:
            raise SystemExit(f"the WebSocket was refused: {status}")
        while self.stream.readline().strip():
            pass

    def frame(self):
        head = self.stream.read(2)
        if len(head) < 2:
            raise SystemExit("the viewer's connection broke")
        kind, length = head[0] & 15, head[1]
        if length >= 126:
            length = int.from_bytes(self.stream.read(2 if length == 126 else 8))
        return kind, self.stream.read(length)

    def send(self, kind, data):
        # Masked with zeros: what is masked is the sender's to choose.
        self.line.sendall(bytes([128 | kind, 128 | len(data), 0, 0, 0, 0]) + data)

    def read(self, count):
        while len(self.bytes) < count:
            kind, data = self.frame()
            if kind == self.PING:
                self.send(self.PONG, data)
            elif kind == self.CLOSE:
                raise SystemExit(f"the viewer was closed: {int.from_bytes(data[:2])}")
            else:
                self.bytes += data
        data, self.bytes = self.bytes[:count], self.bytes[count:]
        return data

    def greeting(self):
        return self.read(12)

    def sign_in(self):
        """As far as the size of the screen (RFC 6143, 7.1 to 7.3)."""
        self.greeting()
        self.send(self.BINARY, b"RFB 003.008\n")
        self.read(self.read(1)[0])
        self.send(self.BINARY, b"\x01")
        self.read(4)
        self.send(self.BINARY, b"\x01")
        self.read(20)
        return self.read(int.from_bytes(self.read(4))).decode()

    def idle(self, seconds):
        """Only answers pings; how many there were."""
        ends, pings = time.monotonic() + seconds, 0
        self.line.settimeout(seconds + 60)
        while time.monotonic() < ends:
            kind, data = self.frame()
            if kind == self.CLOSE:
                raise SystemExit(f"the viewer was closed: {int.from_bytes(data[:2])}")
            if kind == self.PING:
                pings += 1
                self.send(self.PONG, data)
        return pings


class Events(threading.Thread):
    """The user's stream of events, come back to whenever it breaks, as a page does. Notes what it was told of each desktop."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.client, self.last, self.desktops, self.wrong, self.ended, self.breaks = client, None, {}, [], False, 0
        self.ready = threading.Event()
        self.start()
        self.ready.wait(20)

    def run(self):
        while not self.ended:
            try:
                after = f"?after={urllib.parse.quote(self.last)}" if self.last else ""
                with self.client.open("GET", f"/events{after}", timeout=60) as stream:
                    self.follow(stream)
            except OSError:
                pass
            self.breaks += 1
            time.sleep(0.2)

    def follow(self, stream):
        kind, data, at = "message", "", None
        for raw in stream:
            line = raw.decode().rstrip("\r\n")
            name, _, value = line.partition(": ")
            if line == "":
                self.heard(kind, data, at)
                kind, data, at = "message", "", None
            elif name == "event":
                kind = value
            elif name == "data":
                data += value
            elif name == "id":
                at = value

    def heard(self, kind, data, at):
        told = json.loads(data) if data else {}
        if kind == "snapshot":
            for desktop in told["desktops"]:
                self.desktops[desktop["id"]] = desktop
        elif kind == "desktop":
            before = self.desktops.get(told["id"], {}).get("version", 0)
            if not told.get("deleted") and told["version"] <= before:
                self.wrong.append(f"{told['id']}: version {told['version']} after {before}")
            self.desktops[told["id"]] = told
        if at:
            self.last = at
        if kind in ("snapshot", "desktop"):
            self.ready.set()

    def status(self, one):
        desktop = self.desktops.get(one, {})
        return "gone" if desktop.get("deleted") else desktop.get("status")

    def reaches(self, one, status):
        def there():
            now = self.status(one)
            if now == "failed":
                raise SystemExit(f"desktop {one} failed: {self.desktops[one]['reason']}")
            return now == status

        until(f"desktop {one} is told to be {status}", there)
        return self.desktops[one]


def until(what, there):
    ends = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < ends:
        found = there()
        if found:
            return found
        time.sleep(0.05)
    raise SystemExit(f"in {LIMIT_SECONDS} s it did not come to be that {what}")


def create(client, name):
    return client.call("POST", "/desktops", {"template": client.template(), "name": name})["id"]


def alive(client, path):
    greeting = client.viewer(path).greeting()
    if not greeting.startswith(b"RFB 003.008"):
        raise SystemExit(f"no greeting but {greeting!r}")


def one(client):
    events = Events(client)
    desktop = create(client, "Smoke")
    begun = time.monotonic()
    running = events.reaches(desktop, "running")
    took = time.monotonic() - begun
    alive(client, running["connect"]["url"])
    client.call("POST", f"/desktops/{desktop}/stop")
    events.reaches(desktop, "stopped")
    client.call("DELETE", f"/desktops/{desktop}")
    events.reaches(desktop, "gone")
    print(f"one desktop: running after {took:.1f} s, seen, stopped, deleted")


def many(client, count, *command):
    events = Events(client)
    ids = [create(client, f"Smoke {n}") for n in range(int(count))]
    if command:
        subprocess.run(command, check=True)
    for desktop in ids:
        alive(client, events.reaches(desktop, "running")["connect"]["url"])
    for desktop in ids:
        client.call("DELETE", f"/desktops/{desktop}")
    for desktop in ids:
        events.reaches(desktop, "gone")
    if events.wrong:
        raise SystemExit("told twice or out of order: " + "; ".join(events.wrong))
    print(f"{count} desktops: all ran, were seen, and are gone; the stream of events broke {events.breaks} times")


def start(client, name):
    desktop = create(client, name)
    until("it runs", lambda: client.call("GET", f"/desktops/{desktop}")["status"] == "running")
    print(desktop)


def end(client, desktop):
    client.call("DELETE", f"/desktops/{desktop}")
    until("it is gone", lambda: client.call("GET", f"/desktops/{desktop}") is None)


def still(client, desktop):
    alive(client, client.call("GET", f"/desktops/{desktop}")["connect"]["url"])


def idle(client, seconds):
    events = Events(client)
    desktop = create(client, "Idle")
    viewer = client.viewer(events.reaches(desktop, "running")["connect"]["url"])
    name = viewer.sign_in()
    broke = events.breaks
    pings = viewer.idle(int(seconds))
    if events.breaks > broke:
        raise SystemExit("the stream of events broke")
    client.call("DELETE", f"/desktops/{desktop}")
    events.reaches(desktop, "gone")
    print(f"{seconds} s of silence: {name!r} answers still, {pings} pings; the stream of events told of its end")


def main():
    if len(sys.argv) < 4:
        raise SystemExit(__doc__)
    url, password, verb, *rest = sys.argv[1:]
    verbs = {"one": one, "many": many, "start": start, "alive": still, "end": end, "idle": idle}
    verbs[verb](Client(url, password), *rest)


main()
