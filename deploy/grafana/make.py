#!/usr/bin/env python3
"""Writes the dashboards below: make.py [--check]. A panel is a title, a unit and its queries; the rest is the same for all."""
import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).parent / "provisioning/dashboards/berth"


def q(share, name, by=""):
    """A quantile of a histogram, in seconds."""
    labels = ", ".join(["le", *([by] if by else [])])
    return f"histogram_quantile({share}, sum by ({labels}) (rate({name}_bucket[$__rate_interval])))"


STARTS = "berth_start_seconds"
DASHBOARDS = {
    "overview": ("Berth: overview", [
        ("Desktops", "short", [("max by (status) (berth_desktops)", "{{status}}")]),
        ("Click to running", "s", [(q(0.5, STARTS), "p50"), (q(0.95, STARTS), "p95")]),
        ("Longest wait now", "s", [("max(berth_job_oldest_wait_seconds)", "longest")]),
        ("Starts a minute", "short", [(f"sum(rate({STARTS}_count[$__rate_interval])) * 60", "running")]),
        ("Tries that did not work, a minute", "short",
         [('sum by (outcome) (rate(berth_job_attempts_total{outcome!="done"}[$__rate_interval])) * 60', "{{outcome}}")]),
        ("Refused starts, a minute", "short", [("sum by (reason) (rate(berth_starts_denied_total[$__rate_interval])) * 60", "{{reason}}")]),
        ("Streams and viewers", "short", [("sum(berth_sse_connections)", "streams of events"), ("sum(berth_stream_connections)", "viewers")]),
        ("Workers and engines", "short", [("max(berth_workers)", "workers"), ("sum(max by (node) (berth_engine_up))", "engines up")]),
        ("Events: written to told, p95", "s", [(q(0.95, "berth_event_delay_seconds"), "p95")]),
        ("Differences that wait", "short", [("max(berth_drift)", "drift")]),
    ]),
    "queue": ("Berth: queue", [
        ("Jobs that wait", "short", [('max by (kind) (berth_jobs{state=~"available|scheduled|retryable"})', "{{kind}}")]),
        ("Jobs that run", "short", [('max by (kind) (berth_jobs{state="running"})', "{{kind}}")]),
        ("Until a worker took it", "s", [(q(0.5, "berth_job_wait_seconds", "kind"), "{{kind}} p50"), (q(0.95, "berth_job_wait_seconds", "kind"), "{{kind}} p95")]),
        ("One try", "s", [(q(0.95, "berth_job_duration_seconds", "kind"), "{{kind}} p95")]),
        ("Tries that ended, a minute", "short", [("sum by (kind, outcome) (rate(berth_job_attempts_total[$__rate_interval])) * 60", "{{kind}} {{outcome}}")]),
        ("Start slots", "short", [("max by (node, state) (berth_start_slots)", "{{node}} {{state}}")]),
        ("Held by an administrator", "short", [("max(berth_queue_paused)", "held")]),
        ("Given up, as long as they are kept", "short", [('max by (kind) (berth_jobs{state="discarded"})', "{{kind}}")]),
    ]),
    "engines": ("Berth: engines", [
        ("CPU", "percent", [("max by (node, of) (berth_docker_cpu_percent)", "{{node}} {{of}}")]),
        ("Memory", "bytes", [("max by (node, of) (berth_docker_memory_bytes)", "{{node}} {{of}}")]),
        ("Calls, p95", "s", [(q(0.95, "berth_docker_request_seconds", "call"), "{{call}}")]),
        ("Calls a second", "short", [("sum by (call) (rate(berth_docker_request_seconds_count[$__rate_interval]))", "{{call}}")]),
        ("How calls end", "short", [("sum by (outcome) (rate(berth_docker_request_seconds_count[$__rate_interval]))", "{{outcome}}")]),
        ("Host ports", "short", [("max by (node) (berth_node_port_leases)", "{{node}} taken"), ("max(berth_port_range_size)", "there are")]),
        ("Answers", "short", [("max by (node) (berth_engine_up)", "{{node}}")]),
        ("Room on disks", "bytes", [("min by (instance, of) (berth_disk_free_bytes)", "{{instance}} {{of}}")]),
    ]),
    "api": ("Berth: API", [
        ("Calls a second, by route", "short", [("sum by (method, route) (rate(http_requests_total[$__rate_interval]))", "{{method}} {{route}}")]),
        ("How calls end", "short", [("sum by (status) (rate(http_requests_total[$__rate_interval]))", "{{status}}")]),
        ("All calls", "s", [(q(0.5, "http_request_duration_seconds"), "p50"), (q(0.95, "http_request_duration_seconds"), "p95"), (q(0.99, "http_request_duration_seconds"), "p99")]),
        ("Slowest routes, p95", "s", [("topk(10, berth:http_request_duration_seconds:p95)", "{{method}} {{route}}")]),
        ("Slowest routes, p99", "s", [("topk(10, berth:http_request_duration_seconds:p99)", "{{method}} {{route}}")]),
        ("Streams and viewers", "short", [("berth_sse_connections", "{{instance}} events"), ("berth_stream_connections", "{{instance}} viewers")]),
        ("CPU of each process", "percentunit", [('rate(process_cpu_seconds_total{job=~"berth.*"}[$__rate_interval])', "{{instance}}")]),
        ("Memory of each process", "bytes", [('process_resident_memory_bytes{job=~"berth.*"}', "{{instance}}")]),
        ("Open files", "short", [('process_open_fds{job=~"berth.*"}', "{{instance}}")]),
        ("Errors that pages told of, a minute", "short", [("sum(rate(berth_page_errors_total[$__rate_interval])) * 60", "errors")]),
    ]),
    "database": ("Berth: database", [
        ("Connections", "short", [("sum by (state) (berth_db_pool_connections)", "{{state}}")]),
        ("Busy, of each process", "short", [('berth_db_pool_connections{state="busy"}', "{{instance}}")]),
        ("Share in use", "percentunit", [('berth_db_pool_connections{state="busy"} / on (instance, job) berth_db_pool_max', "{{instance}}")]),
        ("Most that each may hold", "short", [("berth_db_pool_max", "{{instance}}")]),
        ("Events: written to told", "s", [(q(0.5, "berth_event_delay_seconds"), "p50"), (q(0.99, "berth_event_delay_seconds"), "p99")]),
        ("Jobs kept, by state", "short", [("sum by (state) (max by (kind, state) (berth_jobs))", "{{state}}")]),
        ("Room in the data folder", "bytes", [('min by (instance) (berth_disk_free_bytes{of="data"})', "{{instance}}")]),
    ]),
}


def dashboard(uid, title, panels):
    return {
        "uid": f"berth-{uid}", "title": title, "tags": ["berth"], "schemaVersion": 39, "timezone": "browser", "refresh": "10s",
        "editable": False, "time": {"from": "now-1h", "to": "now"},
        "links": [{"type": "dashboards", "tags": ["berth"], "title": "Berth", "asDropdown": True}],
        "panels": [{
            "id": at + 1, "type": "timeseries", "title": name,
            "gridPos": {"x": at % 2 * 12, "y": at // 2 * 8, "w": 12, "h": 8},
            "datasource": {"type": "prometheus", "uid": "prometheus"},
            "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
            "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
            "targets": [{"refId": chr(65 + n), "expr": expr, "legendFormat": legend} for n, (expr, legend) in enumerate(queries)],
        } for at, (name, unit, queries) in enumerate(panels)],
    }


def main():
    stale = []
    for uid, (title, panels) in DASHBOARDS.items():
        path, text = FOLDER / f"{uid}.json", json.dumps(dashboard(uid, title, panels), indent=1) + "\n"
        if "--check" not in sys.argv:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale.append(path.name)
    if stale:
        sys.exit(f"written by hand or out of date: {', '.join(stale)}; run deploy/grafana/make.py")


main()
