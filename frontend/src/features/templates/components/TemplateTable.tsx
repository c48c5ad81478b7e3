// The templates as a table, in the order users see them.
import { Cell, DataTable, type Column } from "@/components/ui/DataTable";
import { Icon } from "@/components/ui/Icon";
import { StatusPill } from "@/components/ui/StatusPill";
import { templateIcon } from "@/features/desktops/templates";
import type { Group } from "@/features/users/api";
import { cpus, figure, memory } from "@/lib/figures";
import { Link, paths, withSearch } from "@/lib/router";
import type { AdminTemplate } from "../api";
import { audienceWords, imageOver, olderWords } from "../words";
import { TemplateMenu } from "./TemplateMenu";
import styles from "./TemplateTable.module.css";

const COLUMNS: Column[] = [
  { head: "Name" },
  { head: "Image" },
  { head: "On the nodes" },
  { head: "Size", mid: true },
  { head: "For", mid: true },
  { head: "Desktops", figure: true, mid: true },
  { head: "Actions", quiet: true },
];

export interface TemplateTableProps {
  templates: AdminTemplate[];
  groups: Group[];
  openId: string | null;
  offline: boolean;
  onOpen: (id: string) => void;
  onDelete: (template: AdminTemplate) => void;
}

export function TemplateTable(props: TemplateTableProps) {
  const names = new Map(props.groups.map(({ id, name }) => [id, name]));
  return (
    <DataTable
      label="Templates"
      items={props.templates}
      columns={COLUMNS}
      name={({ name, enabled }) => `${name}, ${enabled ? "enabled" : "disabled"}`}
      openId={props.openId}
      className={styles.table}
      rowPx={53}
      cells={(template) => <Cells {...props} template={template} names={names} />}
    />
  );
}

interface CellsProps extends TemplateTableProps {
  template: AdminTemplate;
  names: ReadonlyMap<string, string>;
}

function Cells({ template, names, templates, openId, offline, onOpen, onDelete }: CellsProps) {
  const look = imageOver(template.nodes);
  const older = olderWords(template);
  return (
    <>
      <Cell className={styles.name}>
        <span className={styles.what}>
          <Icon name={templateIcon(template)} size="lg" className={styles.icon} />
          <span>
            <Link
              to={withSearch(paths.templates, { template: template.id })}
              replace={openId !== null}
              aria-current={openId === template.id || undefined}
            >
              {template.name}
            </Link>
            {template.default && <span className={styles.mark}>Default</span>}
            {!template.enabled && <span className={`${styles.mark} ${styles.off}`}>Disabled</span>}
            <small>{template.description}</small>
          </span>
        </span>
      </Cell>
      <Cell className={styles.image} title={template.image}>
        <code>{template.image}</code>
      </Cell>
      <Cell className={styles.nodes}>
        <StatusPill tone={look.tone} icon={look.icon} spin={look.spin}>
          {look.word}
        </StatusPill>
        {older && <small>{older}</small>}
      </Cell>
      <Cell mid className={styles.quiet}>
        {cpus(template.cpus)} · {memory(template.memory_mib)}
      </Cell>
      <Cell mid>{audienceWords(template, names)}</Cell>
      <Cell figure mid>
        {figure(template.desktops)}
      </Cell>
      <Cell className={styles.actions}>
        <TemplateMenu template={template} templates={templates} offline={offline} onOpen={onOpen} onDelete={onDelete} />
      </Cell>
    </>
  );
}
