// graphile-worker, measured as Berth's queue is: one worker process at concurrency 8, jobs that do nothing.
//
//   node peer.mjs drain N       puts N jobs in line, then works them off
//   node peer.mjs handover N    works, while a process of its own puts in a job every 50 ms
//   node peer.mjs produce N     that process
//
// One JSON line on standard output. The database is POSTGRES_URL's; its tables are truncated before and after.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";

const CONCURRENCY = 8;
const EVERY_MS = 50;
const BULK = 1_000;
const LIMIT_MS = 60_000;

const [phase, count] = [process.argv[2], Number(process.argv[3])];
const url = process.env.POSTGRES_URL;
// By default it prints a line for each job, which would be measured too.
const logger = new Logger(() => () => {});
/** Milliseconds since 1970, of the machine's clock: comparable between processes. */
const now = () => performance.timeOrigin + performance.now();

const pool = new pg.Pool({ connectionString: url, max: 10 });
const utils = await makeWorkerUtils({ pgPool: pool, logger });
await utils.migrate();

const empty = () => pool.query("truncate graphile_worker._private_jobs");
const left = async () => Number((await pool.query("select count(*) from graphile_worker._private_jobs")).rows[0].count);
const work = (task) =>
  run({
    preset: { worker: { connectionString: url, logger, concurrentJobs: CONCURRENCY, maxPoolSize: 10 } },
    taskList: { noop: async (payload) => task(payload) },
  });

async function drain() {
  await empty();
  for (let first = 0; first < count; first += BULK) {
    const jobs = Array.from({ length: Math.min(BULK, count - first) }, (_, n) => ({ identifier: "noop", payload: { n } }));
    await utils.addJobs(jobs);
  }
  let done = 0;
  const begun = now();
  const runner = await work(() => done++);
  // A job is done when its row is gone: that is asked for only when all have been worked on.
  while (now() - begun < LIMIT_MS && (done < count || (await left()) > 0)) await sleep(1);
  const seconds = (now() - begun) / 1e3;
  await runner.stop();
  await empty();
  return { done, seconds };
}

async function handover() {
  await empty();
  const waits = [];
  const runner = await work(({ asked }) => waits.push(now() - asked));
  await sleep(1_500);
  const producer = spawn(process.execPath, [fileURLToPath(import.meta.url), "produce", String(count)], { stdio: "inherit" });
  await once(producer, "exit");
  for (let looks = 0; looks < 100 && waits.length < count; looks++) await sleep(50);
  await runner.stop();
  await empty();
  return { waits_ms: waits };
}

async function produce() {
  const begun = now();
  for (let n = 0; n < count; n++) {
    await sleep(Math.max(0, begun + n * EVERY_MS - now()));
    await utils.addJob("noop", { asked: now() });
  }
}

const measured = await { drain, handover, produce }[phase]();
if (measured) console.log(JSON.stringify(measured));
await utils.release();
await pool.end();
