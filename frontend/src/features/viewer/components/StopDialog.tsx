// Stop ends programs, so it asks. It names the desktop and says what stays.
import { useRef } from "react";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { useDesktop, useStopDesktop } from "@/features/desktops/api";
import { isApiError } from "@/lib/api";

interface StopDialogProps {
  desktopId: string;
  name: string;
  open: boolean;
  onClose: () => void;
}

export function StopDialog({ desktopId, name, open, onClose }: StopDialogProps) {
  const stop = useStopDesktop();
  const losesHome = useDesktop(desktopId).data?.home === "thrown_away";
  const harmless = useRef<HTMLButtonElement>(null);
  return (
    <Dialog
      alert
      open={open}
      onClose={onClose}
      title={`Stop “${name}”?`}
      text={
        <>
          <p>
            {losesHome
              ? "Its open programs end, and every file in its home folder is thrown away with them."
              : "Its open programs end, and what is not saved in them is lost. Files in its home folder stay."}
          </p>
          {stop.isError && <p role="alert">{refusal(stop.error)}</p>}
        </>
      }
      initialFocus={harmless}
      actions={
        <>
          <Button ref={harmless} onClick={onClose}>
            Keep it running
          </Button>
          <Button variant="danger" busy={stop.isPending} onClick={() => stop.mutate(desktopId, { onSuccess: onClose })}>
            Stop
          </Button>
        </>
      }
    />
  );
}

function refusal(error: Error): string {
  return isApiError(error) && !error.unreachable ? error.detail : "Berth does not answer. It is still running.";
}
