// Which of the page's dialogs is open. Loaded when the first one is asked for.
import type { Desktop } from "@/lib/api";
import type { DialogKind } from "../DesktopsContext";
import { HistoryDialog } from "./HistoryDialog";
import { LossDialog } from "./LossDialog";
import { RenameDialog } from "./RenameDialog";

interface DialogsProps {
  kind: DialogKind;
  desktop: Desktop;
  onClose: () => void;
}

export function Dialogs({ kind, desktop, onClose }: DialogsProps) {
  switch (kind) {
    case "stop":
    case "delete":
      return <LossDialog kind={kind} desktop={desktop} onClose={onClose} />;
    case "rename":
      return <RenameDialog desktop={desktop} onClose={onClose} />;
    case "history":
      return <HistoryDialog desktop={desktop} onClose={onClose} />;
  }
}
