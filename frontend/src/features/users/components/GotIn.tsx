// What somebody gets in with, shown once: a link or a password, with a button that copies it.
import { useRef } from "react";
import { Problem } from "@/components/ui/AskDialog";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { Once } from "@/components/ui/Once";
import { exact } from "@/lib/time/words";
import type { AdminUser, Invite } from "../api";
import { personName, whose } from "../words";

export type WayIn = { link: Invite } | { password: string } | { problem: string };

interface GotInProps {
  person: AdminUser;
  wayIn: WayIn;
  onClose: () => void;
  /** Leads to a new one's drawer. */
  onShow?: () => void;
}

export function GotIn({ person, wayIn, onClose, onShow }: GotInProps) {
  const done = useRef<HTMLButtonElement>(null);
  const name = personName(person);
  return (
    <Dialog
      open
      wide
      stays
      onClose={onClose}
      title={
        onShow ? `${name} is added` : "link" in wayIn ? `${whose(person)} invite link` : `${whose(person)} new password`
      }
      text={says(person, wayIn)}
      initialFocus={done}
      actions={
        <>
          {onShow && <Button onClick={onShow}>Show {name}</Button>}
          <Button ref={done} variant="primary" onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      {"link" in wayIn && <Once label="Invite link" secret={wayIn.link.url} />}
      {"password" in wayIn && <Once label="Password" secret={wayIn.password} />}
      {"problem" in wayIn && (
        <Problem text={`The invite link was not made: ${wayIn.problem} Make one from the menu of ${name}.`} />
      )}
    </Dialog>
  );
}

function says({ username }: AdminUser, wayIn: WayIn): string | undefined {
  if ("password" in wayIn) return `They sign in as ${username} with this password, and can change it in their account.`;
  if ("link" in wayIn)
    return `Whoever has it sets the password of ${username}. Good until ${exact(Date.parse(wayIn.link.expires_at))}, once.`;
  return undefined;
}
