#!/usr/bin/env python3
"""Runs every query of every dashboard, and every rule, against a real Prometheus that scrapes a running Berth; none may come back empty.

  dashboards.py PROMETHEUS-URL     against one that runs already and has scraped for a minute
  dashboards.py                    starts a Berth with the pretended engine and a Prometheus of its own, on free ports, makes some
                                   traffic, and takes all of it down again (BERTH_BIN: the binary, target/release/berth)
"""
import http.cookiejar
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent.parent
DASHBOARDS = HERE / "deploy/grafana/provisioning/dashboards/berth"
PASSWORD = "a-password-for-this-run"
# What is there only after something has gone wrong.
MAY_BE_EMPTY = ("Tries that did not work",)


def ask(url, body=None, opener=urllib.request.build_opener(), origin=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **({"Origin": origin} if origin else {})}
    with opener.open(urllib.request.Request(url, data, headers), timeout=20) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def query(prometheus, expr):
    expr = expr.replace("$__rate_interval", "30s")
    return ask(f"{prometheus}/api/v1/query?{urllib.parse.urlencode({'query': expr})}")["data"]["result"]


def check(prometheus):
    empty, n = [], 0
    for path in sorted(DASHBOARDS.glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                n += 1
                if not query(prometheus, target["expr"]) and not panel["title"].startswith(MAY_BE_EMPTY):
                    empty.append(f"{path.stem}: {panel['title']}: {target['expr']}")
    # The names in alerts, too: a rule over a name that nobody serves would never fire.
    rules = re.findall(r"\b(?:berth_|http_|process_)[a-z_]+", (HERE / "deploy/prometheus/rules/berth.yml").read_text())
    for name in sorted(set(rules) - {"http_request_duration_seconds"}):
        n += 1
        if not query(prometheus, f"count({name})"):
            empty.append(f"rules: {name}")
    return n, empty


def free():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def eventually(what, look, limit=60):
    until = time.monotonic() + limit
    while time.monotonic() < until:
        try:
            found = look()
            if found:
                return found
        except OSError:
            pass
        time.sleep(0.2)
    sys.exit(f"waited {limit} s in vain: {what}")


def traffic(url):
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    call = lambda path, body=None: ask(f"{url}/api/v1{path}", body, opener, url)
    call("/auth/login", {"username": "admin", "password": PASSWORD})
    stream = opener.open(f"{url}/api/v1/events", timeout=60)
    template = eventually("a template is ready", lambda: [t["id"] for t in call("/templates")["items"] if t["ready"]])[0]
    for _ in range(3):
        call("/desktops", {"template": template})
    eventually("they run", lambda: all(d["status"] == "running" for d in call("/desktops")["items"]))
    return call, stream


def main():
    if len(sys.argv) > 1:
        return check(sys.argv[1].rstrip("/"))
    subprocess.run([HERE / "scripts/needs.sh", "prometheus=prometheus"], check=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="berth-dashboards-"))
    listen, metrics, prom = free(), free(), free()
    url, prometheus = f"http://127.0.0.1:{listen}", f"http://127.0.0.1:{prom}"
    first = 20000 + os.getpid() % 100 * 100
    env = {**os.environ, "BERTH_LISTEN": f"127.0.0.1:{listen}", "BERTH_METRICS_LISTEN": f"127.0.0.1:{metrics}",
           "BERTH_DATA_DIR": str(folder / "data"), "BERTH_ADMIN_PASSWORD": PASSWORD, "BERTH_RUNTIME": "sim",
           "BERTH_SIM_START": "500ms", "BERTH_PORT_RANGE": f"{first}-{first + 99}", "BERTH_LOG_FORMAT": "json"}
    (folder / "rules").mkdir()
    shutil.copy(HERE / "deploy/prometheus/rules/berth.yml", folder / "rules")
    (folder / "prometheus.yml").write_text(json.dumps({
        "global": {"scrape_interval": "2s", "evaluation_interval": "2s"}, "rule_files": ["rules/*.yml"],
        "scrape_configs": [{"job_name": "berth-api", "static_configs": [{"targets": [f"127.0.0.1:{metrics}"], "labels": {"part": "api"}}]}]}))
    processes = []
    try:
        log = open(folder / "log", "w")
        berth = os.environ.get("BERTH_BIN", str(HERE / "target/release/berth"))
        processes.append(subprocess.Popen([berth, "serve"], env=env, stdout=log, stderr=log, cwd=folder))
        eventually("Berth is ready", lambda: ask(f"{url}/readyz"))
        processes.append(subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb", f"--web.listen-address=127.0.0.1:{prom}"],
            stdout=log, stderr=log))
        eventually("Prometheus is ready", lambda: query(prometheus, "up == 1"))
        call, stream = traffic(url)
        # Rates need more than one scrape; events come while somebody listens.
        for n in range(4):
            time.sleep(5)
            desktop = call("/desktops")["items"][0]["id"]
            call(f"/desktops/{desktop}/{'stop' if n % 2 == 0 else 'start'}", {})
        time.sleep(6)
        return check(prometheus)
    finally:
        for process in reversed(processes):
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


found = main()
for line in found[1]:
    print("empty:", line)
print(f"test result: {'ok' if not found[1] else 'FAILED'}. {found[0] - len(found[1])} passed; {len(found[1])} failed")
sys.exit(1 if found[1] else 0)
