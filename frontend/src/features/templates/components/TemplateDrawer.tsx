// One template beside the table, or a new one: its image on each node, and everything that can be decided about it.
import { Button } from "@/components/ui/Button";
import { Drawer, Steps } from "@/components/ui/Drawer";
import { StatusPill } from "@/components/ui/StatusPill";
import { beside } from "@/features/admin/useTableKeys";
import type { Group } from "@/features/users/api";
import { CONNECTION_BANNER_ID, useOffline } from "@/lib/events";
import { many } from "@/lib/figures";
import type { AdminTemplate } from "../api";
import { imageOver, olderWords } from "../words";
import { ImageNodes } from "./ImageNodes";
import styles from "./TemplateDrawer.module.css";
import { TemplateForm } from "./TemplateForm";

interface TemplateDrawerProps {
  id: string;
  isNew: boolean;
  templates: AdminTemplate[] | undefined;
  groups: Group[];
  onOpen: (id: string | null) => void;
  onDelete: (template: AdminTemplate) => void;
}

export function TemplateDrawer({ id, isNew, templates, groups, onOpen, onDelete }: TemplateDrawerProps) {
  const template = templates?.find((one) => one.id === id);
  return (
    <Drawer
      label="Template"
      id={id}
      title={isNew ? "A new template" : (template?.name ?? (templates ? "No such template" : "Template"))}
      state={template && <State template={template} />}
      footer={template && <Footer template={template} templates={templates} onOpen={onOpen} onDelete={onDelete} />}
      onClose={() => onOpen(null)}
    >
      {template && <ImageNodes template={template} />}
      {(template ?? isNew) && <TemplateForm template={template} groups={groups} onAdded={onOpen} />}
      {!template && !isNew && templates && <p className={styles.none}>This template is deleted, or never was.</p>}
    </Drawer>
  );
}

function State({ template }: { template: AdminTemplate }) {
  const look = imageOver(template.nodes);
  const older = olderWords(template);
  return (
    <>
      <StatusPill tone={look.tone} icon={look.icon} spin={look.spin}>
        {look.word}
      </StatusPill>
      <span>
        {many(template.desktops, "desktop")}
        {older && `, ${template.desktops_on_older_image} on an older image`}
      </span>
    </>
  );
}

interface FooterProps {
  template: AdminTemplate;
  templates: AdminTemplate[] | undefined;
  onOpen: (id: string) => void;
  onDelete: (template: AdminTemplate) => void;
}

function Footer({ template, templates, onOpen, onDelete }: FooterProps) {
  const offline = useOffline();
  return (
    <div className={styles.buttons}>
      <Button
        variant="danger"
        disabled={offline}
        aria-describedby={offline ? CONNECTION_BANNER_ID : undefined}
        onClick={() => onDelete(template)}
      >
        Delete
      </Button>
      <Steps
        noun="Template"
        above={beside(templates, template.id, -1)?.id}
        below={beside(templates, template.id, 1)?.id}
        onStep={onOpen}
      />
    </div>
  );
}
