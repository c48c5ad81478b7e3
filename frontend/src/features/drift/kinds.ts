// How each kind of difference is grouped and worded. Complete maps over the kinds and actions.
import type { DriftAction, DriftItem, DriftKind } from "@/lib/api";

export interface Group {
  title: string;
  text: string;
}

export const GROUPS = {
  containers: { title: "Containers without a desktop", text: "They use memory and nobody can open or stop them." },
  desktops: { title: "Desktops without a container", text: "Someone sees a desktop as running that is gone." },
  ports: { title: "Ports", text: "Taken in the records or on the machine, with no desktop behind them." },
  leftovers: { title: "Networks and homes", text: "Left over in the engine; nothing uses them." },
} as const satisfies Record<string, Group>;

export type GroupName = keyof typeof GROUPS;

interface Kind {
  group: GroupName;
  /** What stands on a side that has nothing. */
  noRecord: string;
  noEngine: string;
  words: Record<DriftAction, string>;
  /** Above the buttons of the question before something is lost. */
  loses: Record<DriftAction, string>;
}

const ADOPT = { word: "Adopt", loses: "" };

export const DRIFT_KIND: Record<DriftKind, Kind> = {
  container_without_desktop: {
    group: "containers",
    noRecord: "No desktop",
    noEngine: "No container",
    words: { adopt: ADOPT.word, remove: "Remove", forget: "Forget" },
    loses: {
      adopt: ADOPT.loses,
      remove: "The container ends, and what is not saved in it is lost. Nobody can bring it back.",
      forget: "",
    },
  },
  desktop_without_container: {
    group: "desktops",
    noRecord: "No desktop",
    noEngine: "No container",
    words: { adopt: ADOPT.word, remove: "Remove", forget: "Mark stopped" },
    loses: {
      adopt: ADOPT.loses,
      remove: "The desktop is deleted, and its home folder goes with it: every file in it is lost.",
      forget: "",
    },
  },
  port_lease_without_desktop: {
    group: "ports",
    noRecord: "No lease",
    noEngine: "Port free",
    words: { adopt: ADOPT.word, remove: "Remove", forget: "Release" },
    loses: { adopt: ADOPT.loses, remove: "The lease is removed.", forget: "" },
  },
  port_in_use: {
    group: "ports",
    noRecord: "Port free",
    noEngine: "Port free",
    words: { adopt: ADOPT.word, remove: "Remove", forget: "Try again" },
    loses: { adopt: ADOPT.loses, remove: "The port is left to the other program.", forget: "" },
  },
  network_unused: {
    group: "leftovers",
    noRecord: "No network",
    noEngine: "No network",
    words: { adopt: ADOPT.word, remove: "Remove", forget: "Forget" },
    loses: { adopt: ADOPT.loses, remove: "The network is removed from the engine.", forget: "" },
  },
  home_without_desktop: {
    group: "leftovers",
    noRecord: "No desktop",
    noEngine: "No volume",
    words: { adopt: ADOPT.word, remove: "Remove", forget: "Forget" },
    loses: {
      adopt: ADOPT.loses,
      remove: "Every file in this home folder is lost, and nobody can bring it back.",
      forget: "",
    },
  },
};

/** While it is carried out, until a comparison confirms it. */
export const DOING: Record<DriftAction, string> = {
  adopt: "Adopting",
  remove: "Removing",
  forget: "Settling",
};

export function actionWord(action: DriftAction, { kind }: Pick<DriftItem, "kind">): string {
  return DRIFT_KIND[kind].words[action];
}

/** A network that nothing uses is no loss; all else that goes is asked about first. */
export function asksFirst(action: DriftAction, { kind }: Pick<DriftItem, "kind">): boolean {
  return action === "remove" && kind !== "network_unused";
}

/** The groups that have something, in their order. */
export function grouped(items: DriftItem[]): { group: Group; items: DriftItem[] }[] {
  return (Object.keys(GROUPS) as GroupName[])
    .map((name) => ({ group: GROUPS[name], items: items.filter((item) => DRIFT_KIND[item.kind].group === name) }))
    .filter(({ items }) => items.length > 0);
}
