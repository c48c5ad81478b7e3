// Under a failed desktop: how often it was tried, what to name to an administrator, and all of it to copy.
import { useState } from "react";
import type { Desktop } from "@/lib/api";
import { copyText } from "@/lib/clipboard";
import { figure } from "@/lib/figures";
import styles from "./FailedDetail.module.css";

export function FailedDetail({ desktop }: { desktop: Desktop }) {
  const [copied, setCopied] = useState<"yes" | "no" | null>(null);
  const { n } = desktop.attempt;
  const tries = n === 1 ? "1 try" : `${figure(n)} tries`;
  return (
    <p className={styles.detail}>
      {n > 0 && `${tries} · `}
      reference <code>{desktop.job_id ?? desktop.id}</code> ·{" "}
      <button
        type="button"
        className={styles.copy}
        onClick={() => void copyText(details(desktop)).then((done) => setCopied(done ? "yes" : "no"))}
      >
        Copy the details
      </button>{" "}
      <span role="status">{copied === "yes" ? "Copied." : copied === "no" ? "Copying did not work." : ""}</span>
    </p>
  );
}

/** Everything an administrator may want to know, as text. */
function details(desktop: Desktop): string {
  const lines = {
    desktop: `${desktop.name} (${desktop.id})`,
    owner: desktop.owner,
    template: desktop.template,
    status: desktop.status,
    reason: desktop.reason ? `${desktop.reason.code}: ${desktop.reason.text}` : "none",
    tries: `${desktop.attempt.n} of ${desktop.attempt.max}`,
    "last error": desktop.attempt.last_error ?? "none",
    steps: desktop.steps.map((step) => `${step.name} ${step.at}`).join(", ") || "none",
    reference: desktop.job_id ?? "none",
    version: String(desktop.version),
    copied: `${new Date().toISOString()} from ${location.origin}`,
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");
}
