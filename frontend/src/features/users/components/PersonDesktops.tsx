// The desktops somebody has. Administrators see how they are; nobody but the owner opens them.
import { ButtonLink } from "@/components/ui/Button";
import { Section } from "@/components/ui/Section";
import { Skeleton } from "@/components/ui/Skeleton";
import { StatusPill } from "@/components/ui/StatusPill";
import { useTemplateList } from "@/features/admin/useTemplateList";
import { STATUS } from "@/features/desktops/status";
import { type AdminUser, type Desktop, notLoaded } from "@/lib/api";
import { figure, many } from "@/lib/figures";
import { paths, withSearch } from "@/lib/router";
import { useDelayed } from "@/lib/useDelayed";
import { usePersonDesktops } from "../api";
import styles from "./PersonDrawer.module.css";

export function PersonDesktops({ person }: { person: AdminUser }) {
  const desktops = usePersonDesktops(person.username);
  const templates = useTemplateList();
  const nameOf = (id: string) => templates.data?.find((one) => one.id === id)?.name;
  const late = useDelayed(desktops.isPending);
  return (
    <Section title="Desktops" aside={desktops.data && many(person.desktops.used, "desktop")}>
      {late && <Skeleton height="60px" />}
      {desktops.isError && !desktops.data && <p className={styles.none}>{notLoaded(desktops.error)}</p>}
      {desktops.data?.items.length === 0 && <p className={styles.none}>None.</p>}
      {desktops.data && desktops.data.items.length > 0 && (
        <ul className={styles.list} role="list">
          {desktops.data.items.map((desktop) => (
            <Item key={desktop.id} desktop={desktop} template={nameOf(desktop.template)} />
          ))}
        </ul>
      )}
      {desktops.data?.more && <p className={styles.none}>The newest {figure(desktops.data.items.length)} are shown.</p>}
    </Section>
  );
}

/** Without its template's name until that is known: an id says nothing. */
function Item({ desktop, template }: { desktop: Desktop; template: string | undefined }) {
  const look = STATUS[desktop.status];
  return (
    <li>
      <span className={styles.what}>
        {desktop.name}
        {template && <small>{template}</small>}
      </span>
      <StatusPill tone={look.tone} icon={look.icon} spin={look.spin}>
        {look.word}
      </StatusPill>
      <ButtonLink
        size="sm"
        variant="quiet"
        to={withSearch(paths.queue, { desktop: desktop.id })}
        aria-label={`Jobs of ${desktop.name}`}
      >
        Jobs
      </ButtonLink>
    </li>
  );
}
