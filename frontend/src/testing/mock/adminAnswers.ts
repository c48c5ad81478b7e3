// What the pretended api answers an administrator.
import type { DriftAction, Job, JobAction, JobFilter } from "../../lib/api/types";
import { jobDetail, noOperations, operations } from "../adminFactories.ts";
import type { AdminWorld } from "./adminWorld.ts";
import { problem, type Answer } from "./problem.ts";

const ok = (data: unknown, status = 200): Answer => ({ status, data });

export function adminAnswer(
  world: AdminWorld,
  method: string,
  path: string,
  search: URLSearchParams,
  body: Record<string, unknown>,
): Answer {
  switch (`${method} ${path}`) {
    case "GET /queue":
      return ok(world.queue());
    case "POST /queue/pause":
    case "POST /queue/resume":
      world.pause(path.endsWith("pause"));
      return ok(world.queue());
    case "GET /workers":
      return ok({ items: world.workers, next_cursor: null });
    case "GET /jobs":
      return page(world, search);
    case "POST /jobs/retry":
    case "POST /jobs/cancel":
      return bulk(world, path.endsWith("retry") ? "retry" : "cancel", body);
    case "GET /operations":
      return ok(world.scenario === "quiet" ? noOperations() : operations());
    case "GET /drift":
      return ok(world.drift);
    case "POST /drift/compare":
      world.compare();
      return ok(world.drift, 202);
  }
  const [, kind, id = "", action = ""] = /^\/(jobs|drift)\/([^/]+)\/?(.*)$/.exec(path) ?? [];
  if (kind === "jobs" && method === "GET") {
    const job = world.jobs.find((one) => one.id === id);
    return job ? ok(jobDetail(job)) : problem(404, "not_found", "There is no such job.");
  }
  if (kind === "jobs") {
    const job = world.act(id, action as JobAction);
    if (job) return ok(jobDetail(job), 202);
    return problem(409, "job_finished", "It is done already: completed at 12:04:31.");
  }
  if (kind === "drift") {
    const item = world.settle(id, action as DriftAction);
    return item ? ok(item, 202) : problem(404, "not_found", "It is settled already, or never was.");
  }
  return problem(404, "not_found", "There is no such thing.");
}

function matches(job: Job, filter: JobFilter): boolean {
  const q = filter.q?.toLowerCase();
  return (
    (!filter.state || filter.state.split(",").includes(job.state)) &&
    (!filter.kind || filter.kind.split(",").includes(job.kind)) &&
    (!filter.worker || job.worker === filter.worker) &&
    (!filter.user || job.user === filter.user) &&
    (!q ||
      [job.user, job.user_display_name, job.desktop_name ?? ""].some((text) => text.toLowerCase().includes(q)) ||
      job.id.toLowerCase().startsWith(q))
  );
}

function page(world: AdminWorld, search: URLSearchParams): Answer {
  const filter = Object.fromEntries(search) as JobFilter & { cursor?: string; limit?: string };
  const limit = Number(filter.limit ?? 50);
  const found = world.jobs.filter((job) => matches(job, filter) && (!filter.cursor || job.id < filter.cursor));
  const items = found.slice(0, limit);
  return ok({ items, next_cursor: found.length > limit ? (items.at(-1)?.id ?? null) : null });
}

function bulk(world: AdminWorld, action: JobAction, body: Record<string, unknown>): Answer {
  const found = world.jobs.filter((job) => matches(job, body.filter as JobFilter));
  const able = found.filter((job) => job.actions.includes(action));
  const refused = found
    .filter((job) => !job.actions.includes(action))
    .slice(0, 20)
    .map(({ id }) => ({ id, code: "job_finished", detail: "It is done already." }));
  if (body.dry_run !== true) for (const { id } of able) world.act(id, action);
  return ok({
    matched: found.length,
    eligible: able.length,
    changed: body.dry_run === true ? 0 : able.length,
    refused,
  });
}
