#!/usr/bin/env python3
"""What a user does, against a Berth that runs, from outside: used by the tests of the stacks.

  smoke.py URL PASSWORD one                 logs in, starts a desktop, follows its events, sees its screen's greeting, stops it, deletes it
  smoke.py URL PASSWORD many N [COMMAND…]   starts N at once, runs COMMAND meanwhile; all must run, be told of without a gap, and go
  smoke.py URL PASSWORD start NAME          leaves one running and prints its id
  smoke.py URL PASSWORD alive ID            its screen greets
  smoke.py URL PASSWORD end ID              deletes one
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

    def greeting(self, path):
        """The first bytes that come over the desktop's WebSocket."""
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
        stream = line.makefile("rb")
        status = stream.readline().decode().strip()
        if " 101 " not in status:
            raise SystemExit(f"the WebSocket was refused: {status}")
        while stream.readline().strip():
            pass
        length = stream.read(2)[1]
        greeting = stream.read(length)
        line.close()
        return greeting


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
    greeting = client.greeting(path)
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


def main():
    if len(sys.argv) < 4:
        raise SystemExit(__doc__)
    url, password, verb, *rest = sys.argv[1:]
    verbs = {"one": one, "many": many, "start": start, "alive": still, "end": end}
    verbs[verb](Client(url, password), *rest)


main()
