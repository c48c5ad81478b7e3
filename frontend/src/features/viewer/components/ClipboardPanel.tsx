// The desktop's clipboard as text, for when the browser does not let the two be one.
import { useEffect, useRef, useState } from "react";
import { Button } from "@/components/ui/Button";
import styles from "./ClipboardPanel.module.css";

interface ClipboardPanelProps {
  text: string;
  connected: boolean;
  onChange: (text: string) => void;
  onTakeHome: () => Promise<boolean>;
  onClose: () => void;
}

type Taken = "not yet" | "copied" | "refused";

export function ClipboardPanel({ text, connected, onChange, onTakeHome, onClose }: ClipboardPanelProps) {
  const panel = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const [taken, setTaken] = useState<{ what: Taken; text: string }>({ what: "not yet", text: "" });
  const outcome = taken.text === text ? taken.what : "not yet";

  useEffect(() => field.current?.focus(), []);

  // Esc closes it from anywhere inside.
  useEffect(() => {
    const element = panel.current;
    const onKey = (event: KeyboardEvent) => event.key === "Escape" && onClose();
    element?.addEventListener("keydown", onKey);
    return () => element?.removeEventListener("keydown", onKey);
  }, [onClose]);

  const takeHome = async () => {
    const copied = await onTakeHome();
    setTaken({ what: copied ? "copied" : "refused", text });
    if (!copied) field.current?.select();
  };

  return (
    <div ref={panel} className={styles.panel} role="dialog" aria-label="Clipboard" data-testid="clipboard-panel">
      <h2>Clipboard</h2>
      <textarea
        ref={field}
        aria-label="Text on the desktop’s clipboard"
        aria-describedby="viewer-clipboard-help"
        value={text}
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
      />
      <p id="viewer-clipboard-help">
        {connected
          ? "This is what the desktop last copied. Change it here to paste it over there with Ctrl+V."
          : "This is what the desktop last copied. Changes reach it once it is connected again."}
      </p>
      <div className={styles.row}>
        <Button size="sm" variant="primary" onClick={() => void takeHome()}>
          Copy to this computer
        </Button>
        <Button size="sm" variant="quiet" className={styles.close} onClick={onClose}>
          Close
        </Button>
        <span className={styles.outcome} role="status">
          {outcome === "copied" && "Copied"}
          {outcome === "refused" && "Press Ctrl+C: the browser does not allow it"}
        </span>
      </div>
    </div>
  );
}
