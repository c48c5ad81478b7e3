// Which of the page's dialogs about a person is open. Loaded when the first one is asked for.
import { useRef, useState, type FormEvent } from "react";
import { AskDialog, Problem } from "@/components/ui/AskDialog";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { Field } from "@/components/ui/Field";
import form from "@/components/ui/form.module.css";
import { said, saidBeside, saidOf } from "@/lib/api";
import { useChangePerson, useInvite, useTwoFactorOff, type AdminUser, type Invite } from "../api";
import { newPassword } from "../password";
import type { Asked } from "../PeopleContext";
import { personName } from "../words";
import { DeleteDialog } from "./DeleteDialog";
import { GotIn } from "./GotIn";

interface PersonDialogProps {
  person: AdminUser;
  onClose: () => void;
}

export function PersonDialogs({ what, ...rest }: PersonDialogProps & { what: Asked }) {
  switch (what) {
    case "password":
      return <PasswordDialog {...rest} />;
    case "invite":
      return <InviteDialog {...rest} />;
    case "off":
      return <OffDialog {...rest} />;
    case "two-factor":
      return <TwoFactorDialog {...rest} />;
    case "delete":
      return <DeleteDialog {...rest} />;
  }
}

function PasswordDialog({ person, onClose }: PersonDialogProps) {
  const change = useChangePerson(person.id);
  const field = useRef<HTMLInputElement>(null);
  const [password, setPassword] = useState(newPassword);
  const name = personName(person);

  function submit(event: FormEvent) {
    event.preventDefault();
    change.mutate({ password });
  }

  if (change.isSuccess) return <GotIn person={person} wayIn={{ password }} onClose={onClose} />;
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={`Set a new password for ${name}`}
      text="The one they have stops working, and they are signed out everywhere."
      initialFocus={field}
    >
      <form className={`${form.form} ${form.inDialog}`} onSubmit={submit} noValidate>
        <Field
          ref={field}
          id="set-password"
          label="New password"
          value={password}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => setPassword(event.target.value)}
          hint="At least 10 letters. This one was made at random."
          error={saidOf(change.error, "password")}
        />
        <Problem text={saidBeside(change.error, ["password"])} />
        <div className={form.actions}>
          <Button onClick={onClose}>Leave it as it is</Button>
          <Button type="submit" variant="primary" busy={change.isPending}>
            Set this password
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function InviteDialog({ person, onClose }: PersonDialogProps) {
  const invite = useInvite();
  const leave = useRef<HTMLButtonElement>(null);
  const [link, setLink] = useState<Invite | null>(null);
  if (link) return <GotIn person={person} wayIn={{ link }} onClose={onClose} />;
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Make an invite link for ${personName(person)}?`}
      text={`Whoever has the link sets a password and is in. It is good for 7 days and works once${
        person.invited ? "; the link made before stops working" : ""
      }.`}
      initialFocus={leave}
      actions={
        <>
          <Button ref={leave} onClick={onClose}>
            Cancel
          </Button>
          <Button
            variant="primary"
            busy={invite.isPending}
            onClick={() => invite.mutate(person.id, { onSuccess: setLink })}
          >
            Make the link
          </Button>
        </>
      }
    >
      <Problem text={invite.error && said(invite.error)} />
    </Dialog>
  );
}

function OffDialog({ person, onClose }: PersonDialogProps) {
  const change = useChangePerson(person.id);
  return (
    <AskDialog
      title={`Switch off ${personName(person)}?`}
      text="They are signed out everywhere at once and cannot sign in again; what is open in a browser closes. Their desktops and files stay."
      leave="Leave them on"
      go="Switch off"
      busy={change.isPending}
      problem={change.error && said(change.error)}
      onGo={() => change.mutate({ disabled: true }, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}

function TwoFactorDialog({ person, onClose }: PersonDialogProps) {
  const off = useTwoFactorOff(person.id);
  return (
    <AskDialog
      title={`Switch off the second step for ${personName(person)}?`}
      text="Their password alone lets them in until they set it up again; their recovery codes are lost. For somebody who lost their phone."
      leave="Leave it on"
      go="Switch it off"
      busy={off.isPending}
      problem={off.error && said(off.error)}
      onGo={() => off.mutate(undefined, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}
