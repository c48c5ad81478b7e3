// Something secret that is shown once: the text itself, and a button that copies it.
import { useState } from "react";
import { copyText } from "@/lib/clipboard";
import { Button } from "./Button";
import styles from "./Once.module.css";

interface OnceProps {
  /** What it is: "Password", "Invite link". */
  label: string;
  secret: string;
}

export function Once({ label, secret }: OnceProps) {
  const [copied, setCopied] = useState<boolean | null>(null);
  return (
    <div className={styles.once}>
      <p className={styles.label}>{label}</p>
      <div className={styles.line}>
        <code data-once="">{secret}</code>
        <Button
          size="sm"
          icon={copied ? "check" : "clip"}
          aria-label={copied ? `${label} copied` : `Copy the ${label.toLowerCase()}`}
          onClick={() => void copyText(secret).then(setCopied)}
        >
          {copied ? "Copied" : "Copy"}
        </Button>
      </div>
      <p className={styles.note} role="status">
        {copied === false
          ? "It could not be copied: mark the text and copy it yourself."
          : "It is shown only now. Nobody can look it up later."}
      </p>
    </div>
  );
}
