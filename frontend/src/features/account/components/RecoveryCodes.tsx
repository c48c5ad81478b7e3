// The recovery codes, shown once: to copy or to keep as a file.
import { useRef, useState } from "react";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { copyText } from "@/lib/clipboard";
import styles from "./TwoFactorOnDialog.module.css";

export function RecoveryCodes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  const copy = useRef<HTMLButtonElement>(null);
  const [copied, setCopied] = useState<boolean | null>(null);
  const text = `${codes.join("\n")}\n`;
  return (
    <Dialog
      open
      wide
      stays
      onClose={onClose}
      title="Keep your recovery codes"
      text="The second step is on. Without your phone, each of these lets you in once. They are shown only now."
      initialFocus={copy}
      actions={
        <Button variant="primary" onClick={onClose}>
          I have kept them
        </Button>
      }
    >
      <ul className={styles.codes} role="list" aria-label="Recovery codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div className={styles.keep}>
        <Button
          ref={copy}
          size="sm"
          icon={copied ? "check" : "clip"}
          onClick={() => void copyText(text).then(setCopied)}
        >
          {copied ? "Copied" : "Copy them"}
        </Button>
        <Button size="sm" icon="down" onClick={() => save(text)}>
          Save as a file
        </Button>
      </div>
      <p className="sr" role="status">
        {copied === true && "The codes are copied."}
        {copied === false && "They could not be copied: mark them and copy them yourself."}
      </p>
    </Dialog>
  );
}

function save(text: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = "berth-recovery-codes.txt";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
