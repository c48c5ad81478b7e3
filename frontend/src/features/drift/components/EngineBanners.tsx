// An engine that does not answer: what is listed of it is old, and what needs it waits.
import { Banner } from "@/components/ui/Banner";
import { moment } from "@/features/admin/words";
import type { DriftNode } from "@/lib/api";
import { useNow } from "@/lib/time/ticker";

export function EngineBanners({ nodes }: { nodes: DriftNode[] }) {
  const now = useNow();
  return nodes
    .filter((node) => !node.engine_up)
    .map((node) => (
      <Banner key={node.id} tone="warn" icon="warn">
        <b>The engine on {node.id} does not answer.</b>{" "}
        {node.compared_at
          ? `What is listed of it is from ${moment(Date.parse(node.compared_at), now)}.`
          : "It has not been compared yet."}{" "}
        Remove and adopt are held back until it answers.
      </Banner>
    ));
}
