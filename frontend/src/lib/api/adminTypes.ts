// The shapes of the administrators' calls, until the api's own description has them.
import type { components } from "./schema.gen";

type S = components["schemas"];

export type JobState = "available" | "scheduled" | "running" | "retryable" | "completed" | "cancelled" | "discarded";
export type JobKind = "desktop.create" | "desktop.stop" | "desktop.cleanup";
export type JobAction = "retry" | "cancel";
export type AttemptOutcome = "done" | "failed" | "lost" | "snoozed" | "cancelled";
export type WorkerState = "live" | "silent" | "draining";
export type DriftKind =
  | "container_without_desktop"
  | "desktop_without_container"
  | "port_lease_without_desktop"
  | "port_in_use"
  | "network_unused"
  | "home_without_desktop";
export type DriftAction = "adopt" | "remove" | "forget";

export type QueueCounts = Record<JobState, number>;
export interface KindCounts {
  waiting: number;
  running: number;
}
export interface Paused {
  by: string;
  at: string;
}
export interface NodeState {
  id: string;
  engine_up: boolean;
  engine_error: string | null;
  slots: S["Slots"];
  auto: boolean;
  seen_at: string;
}
export interface QueueMinute {
  minute: string;
  finished: number;
  oldest_wait_ms: number | null;
  start_p50_ms: number | null;
  start_p95_ms: number | null;
}
export interface AdminQueueLive {
  counts: QueueCounts;
  by_kind: Record<string, KindCounts>;
  oldest_wait_ms: number | null;
  per_minute: number;
  paused: Paused | null;
  slots: S["Slots"];
  nodes: NodeState[];
  workers: number;
  failed_today: number;
  drift: number;
}
export interface AdminQueue extends AdminQueueLive {
  history: QueueMinute[];
}
export interface Job {
  id: string;
  kind: JobKind;
  desktop_id: string;
  desktop_name: string | null;
  user: string;
  user_display_name: string;
  state: JobState;
  attempt: number;
  max_attempts: number;
  priority: number;
  run_at: string;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  worker: string | null;
  node: string | null;
  lease_until: string | null;
  last_error: string | null;
  trace_id: string | null;
  step: S["StepName"] | null;
  queue: S["QueueInfo"] | null;
  ended_by: string | null;
  actions: JobAction[];
}
export interface JobAttempt {
  n: number;
  worker: string;
  started_at: string;
  ended_at: string | null;
  outcome: AttemptOutcome | null;
  error: string | null;
}
export interface JobDetail extends Job {
  attempts: JobAttempt[];
  container: string | null;
  port: number | null;
  lease_renewed_at: string | null;
  history: S["HistoryItem"][];
  desktop: S["Desktop"] | null;
}
export interface JobPage {
  items: Job[];
  next_cursor: string | null;
}
export interface JobFilter {
  state?: string;
  kind?: string;
  user?: string;
  desktop?: string;
  worker?: string;
  q?: string;
  since?: string;
}
export interface BulkResult {
  matched: number;
  eligible: number;
  changed: number;
  refused: { id: string; code: string; detail: string }[];
}
export interface Worker {
  id: string;
  node: string;
  state: WorkerState;
  started_at: string;
  last_seen_at: string;
  concurrency: number;
  running: number;
  given_back: number;
  version: string;
}
export interface WorkerList {
  items: Worker[];
  next_cursor: string | null;
}
export interface DriftSide {
  title: string;
  detail: string;
  desktop_id?: string | null;
  container_id?: string | null;
  owner?: string | null;
  status?: string | null;
  port?: number | null;
  since?: string | null;
  memory_bytes?: number | null;
}
export interface DriftAsked {
  action: DriftAction;
  by: string;
  at: string;
  error: string | null;
}
export interface DriftItem {
  id: string;
  kind: DriftKind;
  node: string;
  record: DriftSide | null;
  engine: DriftSide | null;
  since: string;
  actions: DriftAction[];
  explains: string;
  asked: DriftAsked | null;
}
export interface DriftNode {
  id: string;
  engine_up: boolean;
  compared_at: string | null;
}
export interface DriftList {
  items: DriftItem[];
  matched: { desktops: number; ports: number };
  compared_at: string | null;
  next_compare_at: string | null;
  nodes: DriftNode[];
}
