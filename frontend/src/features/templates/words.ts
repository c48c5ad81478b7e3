// Templates and their images in words. Complete maps. Pure.
import type { IconName } from "@/components/ui/Icon";
import type { Tone } from "@/components/ui/StatusPill";
import { many } from "@/lib/figures";
import type { AdminTemplate, ImageState, TemplateNode } from "./api/types";

export interface Look {
  word: string;
  tone: Tone;
  icon: IconName;
  spin?: boolean;
}

export const IMAGE: Record<ImageState, Look> = {
  present: { word: "Present", tone: "ok", icon: "check" },
  missing: { word: "Missing", tone: "warn", icon: "warn" },
  pulling: { word: "Pulling", tone: "work", icon: "ring", spin: true },
  failed: { word: "Pull failed", tone: "bad", icon: "warn" },
};

/** What wants somebody's eye comes first. */
const SERIOUS: ImageState[] = ["pulling", "failed", "missing", "present"];

/** The image over all nodes in one pill: "Pulling 45 %", "Missing on dock-02", "Present". */
export function imageOver(nodes: TemplateNode[]): Look {
  const state = SERIOUS.find((one) => nodes.some((node) => node.state === one));
  if (!state) return { word: "Not looked for yet", tone: "idle", icon: "clock" };
  const those = nodes.filter((node) => node.state === state);
  const look = IMAGE[state];
  if (state === "present") return look;
  if (state === "pulling") {
    const least = Math.min(...those.map(({ progress }) => progress?.percent ?? -1));
    return least < 0 ? look : { ...look, word: `${look.word} ${Math.floor(least)} %` };
  }
  if (those.length === nodes.length) return look;
  return { ...look, word: `${look.word} on ${those.length === 1 ? those[0]!.node : many(those.length, "node")}` };
}

/** "Everyone", "Course, Staff", "Nobody but administrators". */
export function audienceWords({ audience, groups }: AdminTemplate, names: ReadonlyMap<string, string>): string {
  if (audience === "everyone") return "Everyone";
  if (groups.length === 0) return "Administrators only";
  return groups.map((id) => names.get(id) ?? "a deleted group").join(", ");
}

export function olderWords({ desktops_on_older_image: n }: AdminTemplate): string | null {
  return n === 0 ? null : `${many(n, "desktop")} on an older image`;
}
