// One person beside the table: who they are, what they may have, what they have, and where they are signed in.
import { Drawer, Steps } from "@/components/ui/Drawer";
import { Button } from "@/components/ui/Button";
import { PageFailed } from "@/components/ui/PageFailed";
import { Skeleton } from "@/components/ui/Skeleton";
import { StatusPill } from "@/components/ui/StatusPill";
import { toast } from "@/components/ui/Toast";
import { beside } from "@/features/admin/useTableKeys";
import { said } from "@/lib/api";
import { CONNECTION_BANNER_ID } from "@/lib/events";
import { useDelayed } from "@/lib/useDelayed";
import { useChangePerson, usePerson, type AdminUser, type Group } from "../api";
import { usePeopleContext } from "../PeopleContext";
import { mark, personName } from "../words";
import { LimitsForm } from "./LimitsForm";
import { PersonDesktops } from "./PersonDesktops";
import styles from "./PersonDrawer.module.css";
import { PersonSignIn } from "./PersonSignIn";
import { ProfileForm } from "./ProfileForm";

interface PersonDrawerProps {
  id: string;
  people: AdminUser[] | undefined;
  groups: Group[] | undefined;
}

export function PersonDrawer({ id, people, groups }: PersonDrawerProps) {
  const { open } = usePeopleContext();
  const person = usePerson(id);
  // What the table knows already is shown while the rest is fetched.
  const known = person.data ?? (person.data === undefined ? people?.find((one) => one.id === id) : undefined);
  const late = useDelayed(!known && person.isPending);
  return (
    <Drawer
      label="User"
      id={id}
      title={known ? personName(known) : person.data === null ? "No such user" : "User"}
      state={known && <State person={known} />}
      footer={known && <Footer person={known} people={people} />}
      onClose={() => open(null)}
    >
      {known?.deleting && (
        <p className={styles.say}>
          The desktops are being deleted; the account goes by itself with the last one. Nothing else can be done here.
        </p>
      )}
      {known && (
        <>
          <ProfileForm person={known} groups={groups ?? []} />
          <LimitsForm person={known} groups={groups ?? []} />
          <PersonDesktops person={known} />
          <PersonSignIn person={known} />
        </>
      )}
      {late && <Skeleton height="160px" />}
      {person.data === null && <p className={styles.say}>This user is deleted, or never was.</p>}
      {person.isError && !known && (
        <PageFailed
          what="This user could not be loaded"
          error={person.error}
          busy={person.isFetching}
          onRetry={() => void person.refetch()}
        />
      )}
    </Drawer>
  );
}

function State({ person }: { person: AdminUser }) {
  const look = mark(person);
  return (
    <>
      <span>{person.username}</span>
      {look && (
        <StatusPill tone={look.tone} icon={look.icon} spin={look.spin}>
          {look.word}
        </StatusPill>
      )}
    </>
  );
}

function Footer({ person, people }: { person: AdminUser; people: AdminUser[] | undefined }) {
  const { offline, meId, open, ask } = usePeopleContext();
  const change = useChangePerson(person.id);
  const steps = (
    <Steps
      noun="User"
      above={beside(people, person.id, -1)?.id}
      below={beside(people, person.id, 1)?.id}
      onStep={open}
    />
  );
  const waits = { disabled: offline, "aria-describedby": offline ? CONNECTION_BANNER_ID : undefined };
  if (person.deleting) return steps;
  return (
    <>
      <div className={styles.buttons}>
        {person.id !== meId && (
          <>
            {person.disabled ? (
              <Button
                busy={change.isPending}
                {...waits}
                onClick={() =>
                  change.mutate(
                    { disabled: false },
                    { onError: (error) => toast(`${personName(person)} is still switched off. ${said(error)}`) },
                  )
                }
              >
                Switch on
              </Button>
            ) : (
              <Button {...waits} onClick={() => ask("off", person)}>
                Switch off
              </Button>
            )}
            <Button variant="danger" {...waits} onClick={() => ask("delete", person)}>
              Delete
            </Button>
          </>
        )}
        {steps}
      </div>
      {person.id === meId && (
        <p className={styles.means}>This is you: another administrator can switch you off or delete you.</p>
      )}
    </>
  );
}
