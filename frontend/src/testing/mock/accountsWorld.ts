// The pretended people, groups, audit log, templates and one's own account. Just enough that every state can be seen and
// every button does something.
import type { Session } from "../../lib/api/types";
import type { NewToken, Token } from "../../features/account/api/types";
import type { AuditEntry } from "../../features/audit/api/types";
import type { AdminTemplate, Registry } from "../../features/templates/api/types";
import type { AdminUser, Group } from "../../features/users/api/types";
import * as make from "../adminFactories.ts";
import { at } from "../factories.ts";

export type AccountsScenario = "some" | "many" | "none";

const DAY_MS = 24 * 60 * 60_000;

export class AccountsWorld {
  people: AdminUser[];
  groups: Group[];
  entries: AuditEntry[];
  templates: AdminTemplate[];
  registries: Registry[];
  sessions: Session[];
  tokens: Token[];
  twoFactor = { on: false, recovery_left: 0 };
  /** Of each person, where they are signed in. */
  private readonly places = new Map<string, Session[]>();
  private made = 0;

  constructor(scenario: AccountsScenario) {
    const none = scenario === "none";
    this.people = scenario === "many" ? make.manyPeople(260) : make.elevenPeople().slice(0, none ? 1 : undefined);
    this.groups = none ? [] : make.threeGroups();
    this.entries = none ? [] : scenario === "many" ? make.manyEntries(260) : make.tenEntries();
    this.templates = none ? [] : scenario === "many" ? manyTemplates() : make.fiveTemplates();
    this.registries = none ? [] : [make.registry()];
    this.sessions = none ? [make.session({ current: true })] : make.threeSessions();
    this.tokens = none
      ? []
      : [
          make.token(),
          make.token({ name: "Course bot", scopes: ["read", "desktops"], expires_at: at(-3 * DAY_MS) }),
          make.token({
            name: "Terraform",
            scopes: ["read", "desktops", "admin"],
            expires_at: null,
            last_used_at: null,
          }),
        ];
  }

  id(kind: string): string {
    this.made += 1;
    return `01JDNEW${kind}${String(this.made).padStart(6, "0")}`;
  }

  change(id: string, over: Partial<AdminUser>): AdminUser | undefined {
    const index = this.people.findIndex((one) => one.id === id);
    const before = this.people[index];
    if (!before) return undefined;
    return (this.people[index] = { ...before, ...over });
  }

  add(over: Partial<AdminUser>): AdminUser {
    const person = make.person({
      ...over,
      id: this.id("USER"),
      created_at: at(0),
      last_seen_at: null,
      desktops: { limit: 3, used: 0 },
    });
    this.people = [...this.people, person].sort((a, b) => (a.username < b.username ? -1 : 1));
    return person;
  }

  /** At once, or a while after when the desktops go first. */
  remove(id: string, withDesktops: boolean) {
    const go = () => (this.people = this.people.filter((one) => one.id !== id));
    if (!withDesktops) return void go();
    this.change(id, { deleting: true, disabled: true });
    setTimeout(go, 6_000);
  }

  placesOf(id: string): Session[] {
    const known = this.places.get(id) ?? make.threeSessions().map((session) => ({ ...session, current: false }));
    this.places.set(id, known);
    return known;
  }

  end(id: string, session?: string) {
    this.places.set(id, session ? this.placesOf(id).filter((one) => one.id !== session) : []);
  }

  makeToken(body: Record<string, unknown>): NewToken {
    const days = body.expires_in_days as number | null;
    const made = make.newToken({
      id: this.id("TOKEN"),
      name: String(body.name),
      scopes: body.scopes as Token["scopes"],
      created_at: at(0),
      expires_at: days === null ? null : at(-days * DAY_MS),
    });
    const { token, ...kept } = made;
    void token;
    this.tokens = [...this.tokens, kept];
    return made;
  }

  /** Every node fetches it, by and by. */
  pull(id: string) {
    const step = (percent: number) => {
      const template = this.templates.find((one) => one.id === id);
      if (!template) return;
      const done = percent >= 100;
      template.nodes = template.nodes.map((node) => ({
        ...node,
        state: done ? "present" : "pulling",
        image_id: done ? "sha256:9b1c44d20f6e8a7755aa01c3" : node.image_id,
        progress: done ? null : { percent, text: `${percent * 9} MB of 900 MB` },
        error: null,
        seen_at: at(0),
      }));
      if (!done) setTimeout(() => step(percent + 10), 1_000);
    };
    step(0);
  }
}

function manyTemplates(): AdminTemplate[] {
  return Array.from({ length: 210 }, (_, index) => ({
    ...make.fiveTemplates()[index % 5]!,
    id: `template-${index}`,
    name: `Template ${index + 1}`,
    default: index === 0,
    position: index + 1,
  }));
}
