// The second step at sign-in: a code from one's phone. Whether it is on, how many recovery codes are left, and the
// dialogs that switch it on or off.
import { lazy, Suspense, useState } from "react";
import { Button } from "@/components/ui/Button";
import { StatusPill } from "@/components/ui/StatusPill";
import { CONNECTION_BANNER_ID, useOffline } from "@/lib/events";
import { many } from "@/lib/figures";
import { useTwoFactor } from "../api";
import { Loaded } from "./Loaded";
import { Part } from "./Part";
import styles from "./Part.module.css";

const OnDialog = lazy(() => import("./TwoFactorOnDialog").then((m) => ({ default: m.TwoFactorOnDialog })));
const OffDialog = lazy(() => import("./TwoFactorOffDialog").then((m) => ({ default: m.TwoFactorOffDialog })));

/** With fewer left it is time for new ones. */
const FEW = 3;

export function TwoFactorPart() {
  const twoFactor = useTwoFactor();
  const offline = useOffline();
  const [open, setOpen] = useState<"on" | "off" | null>(null);
  const waits = { disabled: offline, "aria-describedby": offline ? CONNECTION_BANNER_ID : undefined };
  const close = () => setOpen(null);
  return (
    <Part
      title="Second step"
      text="Besides your password, a code from an app on your phone. Whoever learns your password alone does not get in."
    >
      <Loaded query={twoFactor}>
        {({ on, recovery_left }) =>
          on ? (
            <>
              <p className={styles.say}>
                <StatusPill tone="ok" icon="check">
                  On
                </StatusPill>
                <span className={recovery_left <= FEW ? styles.old : undefined}>
                  {many(recovery_left, "recovery code")} left.
                </span>
              </p>
              {recovery_left <= FEW && <p className={styles.none}>For new ones, switch it off and on again.</p>}
              <Button variant="danger" {...waits} onClick={() => setOpen("off")}>
                Switch it off
              </Button>
            </>
          ) : (
            <>
              <p className={styles.say}>
                <StatusPill tone="idle" icon="x">
                  Off
                </StatusPill>
              </p>
              <Button {...waits} onClick={() => setOpen("on")}>
                Switch it on
              </Button>
            </>
          )
        }
      </Loaded>
      <Suspense>
        {open === "on" && <OnDialog onClose={close} />}
        {open === "off" && <OffDialog onClose={close} />}
      </Suspense>
    </Part>
  );
}
