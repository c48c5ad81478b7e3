// Under a form in a drawer: save what was changed, or put it back. Nothing changed, nothing to press.
import { Button } from "@/components/ui/Button";
import form from "@/components/ui/form.module.css";
import { CONNECTION_BANNER_ID, useOffline } from "@/lib/events";

interface SaveButtonsProps {
  changed: boolean;
  busy: boolean;
  onUndo: () => void;
}

export function SaveButtons({ changed, busy, onUndo }: SaveButtonsProps) {
  const offline = useOffline();
  if (!changed) return null;
  return (
    <div className={`${form.actions} ${form.start}`}>
      <Button
        type="submit"
        size="sm"
        variant="primary"
        busy={busy}
        disabled={offline}
        aria-describedby={offline ? CONNECTION_BANNER_ID : undefined}
      >
        Save
      </Button>
      <Button size="sm" variant="quiet" onClick={onUndo}>
        Put it back
      </Button>
    </div>
  );
}
