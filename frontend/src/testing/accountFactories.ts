// People, groups, the audit log and one's own account as the api would answer them: those of the interface guide's own
// picture, and many.
import type { Session } from "../lib/api/types";
import type { NewToken, Token } from "../lib/api/types";
import type { AuditEntry } from "../lib/api/types";
import type { AdminUser, Group } from "../lib/api/types";
import { at } from "./factories.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let count = 0;

/** At noon, so that it is yesterday at any hour of today. */
function yesterday(): string {
  const noon = new Date();
  noon.setDate(noon.getDate() - 1);
  noon.setHours(12, 0, 0, 0);
  return noon.toISOString();
}

export function person(over: Partial<AdminUser> = {}): AdminUser {
  count += 1;
  return {
    id: `01JDPERSON${String(count).padStart(4, "0")}`,
    username: `user-${count}`,
    display_name: "",
    role: "user",
    disabled: false,
    created_at: at(90 * DAY),
    last_seen_at: at(3 * MINUTE),
    desktops: { limit: 3, used: 1 },
    starts: [
      { window: "minute", limit: 5, used: 0, resets_at: null },
      { window: "hour", limit: 50, used: 1, resets_at: null },
      { window: "day", limit: 200, used: 2, resets_at: null },
    ],
    streams: { limit: 10, used: 0 },
    limits: null,
    limits_from: { max_desktops: "default", start_limits: "default", max_streams: "default" },
    group: null,
    sign_in: ["password"],
    two_factor: false,
    invited: false,
    deleting: false,
    ...over,
  };
}

function starts(today: number): AdminUser["starts"] {
  return person().starts.map((window) => (window.window === "day" ? { ...window, used: today } : window));
}

const COURSE = { id: "01JDGROUPCOURSE", name: "Course 2026" };
const OWN = { max_desktops: "own", start_limits: "default", max_streams: "default" } as const;
const BY_GROUP = { max_desktops: "group", start_limits: "group", max_streams: "group" } as const;

/** The eleven of the interface guide's picture. */
export function elevenPeople(): AdminUser[] {
  const own = (max_desktops: number) => ({ max_desktops, start_limits: null, max_streams: null });
  return [
    person({
      id: "01JDUSERMARA",
      username: "mara",
      display_name: "Mara Lindqvist",
      role: "admin",
      last_seen_at: at(2 * SECOND),
      two_factor: true,
    }),
    person({
      id: "01JDUSERJONAS",
      username: "jonas",
      display_name: "Jonas Weber",
      desktops: { limit: 6, used: 5 },
      starts: starts(14),
      limits: own(6),
      limits_from: OWN,
      last_seen_at: at(20 * SECOND),
    }),
    person({ username: "priya", display_name: "Priya Nair", desktops: { limit: 3, used: 2 }, starts: starts(6) }),
    person({ username: "tom", display_name: "Tom Okafor", starts: starts(3), last_seen_at: at(40 * SECOND) }),
    person({
      username: "lena",
      display_name: "Lena Fischer",
      desktops: { limit: 3, used: 3 },
      starts: starts(9),
      last_seen_at: at(SECOND),
    }),
    person({
      username: "sam",
      display_name: "Sam Reyes",
      role: "operator",
      starts: starts(4),
      last_seen_at: at(12 * MINUTE),
    }),
    person({ username: "ines", display_name: "Ines Costa", group: COURSE, limits_from: BY_GROUP }),
    person({
      username: "wei",
      display_name: "Wei Zhang",
      desktops: { limit: 8, used: 4 },
      starts: starts(22),
      limits: own(8),
      limits_from: OWN,
      last_seen_at: at(30 * SECOND),
      sign_in: ["oidc:campus"],
    }),
    person({
      username: "amina",
      display_name: "Amina Diallo",
      group: COURSE,
      limits_from: BY_GROUP,
      invited: true,
      sign_in: [],
      last_seen_at: null,
      desktops: { limit: 5, used: 0 },
    }),
    person({
      username: "karl",
      display_name: "Karl Brandt",
      desktops: { limit: 3, used: 0 },
      last_seen_at: yesterday(),
    }),
    person({
      username: "olga",
      display_name: "Olga Petrova",
      disabled: true,
      desktops: { limit: 3, used: 0 },
      starts: starts(0),
      last_seen_at: at(41 * DAY),
    }),
  ];
}

export function manyPeople(n: number): AdminUser[] {
  return [
    ...elevenPeople(),
    ...Array.from({ length: n - 11 }, (_, index) =>
      person({
        username: `student-${String(index + 1).padStart(3, "0")}`,
        display_name:
          index % 7 === 3 ? "A person with a very long name that somebody typed in full" : `Student ${index + 1}`,
        group: index % 2 ? COURSE : null,
        desktops: { limit: index % 9 === 0 ? 40 : 3, used: index % 4 },
        last_seen_at: at((index + 1) * 2 * HOUR),
        deleting: index === 2,
      }),
    ),
  ];
}

export function group(over: Partial<Group> = {}): Group {
  return { id: COURSE.id, name: COURSE.name, description: "", limits: null, members: 2, templates: [], ...over };
}

export function threeGroups(): Group[] {
  return [
    group({
      description: "Introduction to statistics, autumn. Ends in January.",
      limits: { max_desktops: 5, start_limits: "5/minute,50/hour", max_streams: 4 },
      templates: ["notebook"],
    }),
    group({
      id: "01JDGROUPSTAFF",
      name: "Staff",
      members: 1,
      description: "Research computing",
      templates: ["drawing"],
    }),
    group({
      id: "01JDGROUPGUESTS",
      name: "Guests",
      members: 0,
      limits: { max_desktops: 1, start_limits: null, max_streams: null },
    }),
  ];
}

export function session(over: Partial<Session> = {}): Session {
  count += 1;
  return {
    id: `01JDSESSION${String(count).padStart(4, "0")}`,
    device: "Firefox on Linux",
    address: "10.2.14.8",
    created_at: at(3 * HOUR),
    last_used_at: at(20 * SECOND),
    current: false,
    ...over,
  };
}

export function threeSessions(): Session[] {
  return [
    session({ current: true }),
    session({ device: "Chrome on Android", address: "10.2.31.77", last_used_at: at(5 * HOUR) }),
    session({ device: "Safari on macOS", address: "203.0.113.40", last_used_at: at(6 * DAY) }),
  ];
}

export function token(over: Partial<Token> = {}): Token {
  count += 1;
  return {
    id: `01JDTOKEN${String(count).padStart(4, "0")}`,
    name: "Nightly backup",
    scopes: ["read"],
    created_at: at(20 * DAY),
    expires_at: at(-70 * DAY),
    last_used_at: at(9 * HOUR),
    ...over,
  };
}

export function newToken(over: Partial<NewToken> = {}): NewToken {
  return { ...token({ last_used_at: null }), token: "berth_5f0k2m9qx7w3c8v1b6n4z0a2s5d7f9g1", ...over };
}

export function entry(over: Partial<AuditEntry> = {}): AuditEntry {
  count += 1;
  return {
    id: `01JDAUDIT${String(count).padStart(6, "0")}`,
    at: at(MINUTE),
    actor: "jonas",
    action: "desktop.start",
    target: { kind: "desktop", id: "01JD0003", name: "Course week 3" },
    address: "10.2.14.8",
    result: "ok",
    detail: "",
    request_id: "01JDREQ7KQ2",
    ...over,
  };
}

/** Those of the interface guide's picture, newest first. */
export function tenEntries(): AuditEntry[] {
  const jonas = { kind: "user" as const, id: "01JDUSERJONAS", name: "jonas" };
  return [
    entry(),
    entry({ action: "start.refused", result: "refused", detail: "5 starts in this minute.", at: at(90 * SECOND) }),
    entry({
      actor: "mara",
      action: "job.retry",
      target: { kind: "job", id: "01JDJOB0007", name: "Start lab-07" },
      detail: "Attempt 4.",
      address: "10.2.1.2",
      at: at(3 * MINUTE),
    }),
    entry({ actor: "mara", action: "queue.pause", target: null, address: "10.2.1.2", at: at(6 * MINUTE) }),
    entry({
      actor: "sam",
      action: "drift.remove",
      target: { kind: "drift", id: "90d1f7aa", name: "berth-90d1f7aa" },
      address: "10.2.1.9",
      at: at(12 * MINUTE),
    }),
    entry({ actor: "mara", action: "user.change", target: jonas, detail: "Desktops 3 to 6.", at: at(17 * MINUTE) }),
    entry({
      actor: "olga",
      action: "sign_in.refused",
      target: { kind: "user", id: "01JDUSEROLGA", name: "olga" },
      result: "refused",
      detail: "Wrong name or password.",
      address: "203.0.113.40",
      at: at(20 * MINUTE),
    }),
    entry({
      action: "template.pull",
      actor: "mara",
      target: { kind: "template", id: "code", name: "Code editor" },
      result: "failed",
      detail: "The registry does not know the image.",
      at: at(2 * HOUR),
    }),
    entry({ action: "sign_in", target: jonas, detail: "Firefox on Linux.", at: at(3 * HOUR) }),
    entry({
      actor: "mara",
      action: "token.create",
      target: { kind: "token", id: "01JDTOKEN0001", name: "nightly backup" },
      detail: "Read only.",
      address: null,
      at: at(26 * HOUR),
    }),
  ];
}

export function manyEntries(n: number): AuditEntry[] {
  const ten = tenEntries();
  return Array.from({ length: n }, (_, index) => ({
    ...ten[index % ten.length]!,
    id: `01JDAUDITMANY${String(n - index).padStart(6, "0")}`,
    at: at((index + 1) * 97 * SECOND),
  }));
}
