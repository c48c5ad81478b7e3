// A template as it is typed, and what is wrong with it before it is sent. The api has the last word. Pure.
import type { AdminTemplate, EnvVar, TemplateBody } from "./api/types";

const NUMBERS = ["container_port", "memory_mib", "cpus", "pids", "shm_mib"] as const;
export type NumberName = (typeof NUMBERS)[number];

export type Draft = Omit<TemplateBody, NumberName> & Record<NumberName, string>;

const NEW: Draft = {
  name: "",
  description: "",
  icon: "desktop",
  kind: "vnc",
  image: "",
  container_port: "5900",
  memory_mib: "1024",
  cpus: "1",
  pids: "256",
  shm_mib: "64",
  env: [],
  home: "kept",
  audience: "everyone",
  groups: [],
  enabled: true,
  default: false,
};

export function draftOf(template: AdminTemplate | undefined): Draft {
  if (!template) return NEW;
  const { name, description, icon, kind, image, env, home, audience, groups, enabled } = template;
  const numbers = Object.fromEntries(NUMBERS.map((field) => [field, String(template[field])] as const));
  return {
    ...{ name, description, icon, kind, image, env, home, audience, groups, enabled, default: template.default },
    ...(numbers as Record<NumberName, string>),
  };
}

export function bodyOf(draft: Draft): TemplateBody {
  const numbers = Object.fromEntries(NUMBERS.map((field) => [field, Number(draft[field].replace(",", "."))] as const));
  return {
    ...draft,
    name: draft.name.trim(),
    description: draft.description.trim(),
    image: draft.image.trim(),
    groups: draft.audience === "groups" ? draft.groups : [],
    ...(numbers as Record<NumberName, number>),
  };
}

/** Only what was changed. */
export function patchOf(draft: Draft, template: AdminTemplate): Partial<TemplateBody> {
  const before = bodyOf(draftOf(template));
  const after = bodyOf(draft);
  const changed = Object.entries(after).filter(
    ([field, value]) => JSON.stringify(value) !== JSON.stringify(before[field as keyof TemplateBody]),
  );
  return Object.fromEntries(changed);
}

export type Faults = Partial<Record<keyof TemplateBody, string>>;

/** Host, port, path in lower case, tag, digest: what the engines take. */
const IMAGE =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@sha256:[a-f0-9]{64})?$/;

const ENV_NAME = /^[A-Z_][A-Z0-9_]*$/;
const KEPT = /^(BERTH_|VNC_|LD_)|^(PATH|HOME)$/;
const MOST_ENV = 50;

export function faultsOf(draft: Draft): Faults {
  const faults: Faults = {};
  if (!draft.name.trim()) faults.name = "Type a name.";
  if (!draft.image.trim()) faults.image = "Type the image’s name.";
  else if (!IMAGE.test(draft.image.trim()))
    faults.image = "Write it as host/path:tag, in lower case and without spaces.";
  for (const field of NUMBERS) {
    const value = Number(draft[field].replace(",", "."));
    if (!draft[field].trim() || !(value > 0)) faults[field] = "Write a number above 0.";
    else if (field !== "cpus" && !Number.isInteger(value)) faults[field] = "Write a whole number.";
  }
  const env = envFault(draft.env);
  if (env) faults.env = env;
  return faults;
}

function envFault(env: EnvVar[]): string | null {
  if (env.length > MOST_ENV) return `At most ${MOST_ENV}.`;
  for (const { name } of env) {
    if (!ENV_NAME.test(name)) return `“${name}” is not a name: capital letters, digits and _ only, no digit first.`;
    if (KEPT.test(name)) return `${name} is Berth’s own to set.`;
  }
  const twice = env.find(({ name }, index) => env.findIndex((one) => one.name === name) !== index);
  return twice ? `${twice.name} stands there twice.` : null;
}
