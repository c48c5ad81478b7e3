// Deleting a template. One that desktops were made from stays; disabling it hides it from those who start.
import { useRef } from "react";
import { AskDialog, Problem } from "@/components/ui/AskDialog";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { isApiError, said } from "@/lib/api";
import { many } from "@/lib/figures";
import { useDeleteTemplate, useSaveTemplate, type AdminTemplate } from "../api";

interface DeleteTemplateDialogProps {
  template: AdminTemplate;
  onClose: (deleted: boolean) => void;
}

export function DeleteTemplateDialog({ template, onClose }: DeleteTemplateDialogProps) {
  const remove = useDeleteTemplate();
  const inUse = isApiError(remove.error) && remove.error.code === "template_in_use";
  const goneAnyway = (error: unknown) => isApiError(error) && error.status === 404 && onClose(true);
  if (template.desktops > 0 || inUse) return <InUse template={template} onClose={() => onClose(false)} />;
  return (
    <AskDialog
      title={`Delete the template “${template.name}”?`}
      text="Nobody can start it any more. Its image stays on the nodes."
      leave="Keep it"
      go="Delete it"
      busy={remove.isPending}
      problem={remove.error && said(remove.error)}
      onGo={() => remove.mutate(template.id, { onSuccess: () => onClose(true), onError: goneAnyway })}
      onClose={() => onClose(false)}
    />
  );
}

function InUse({ template, onClose }: { template: AdminTemplate; onClose: () => void }) {
  const save = useSaveTemplate(template.id);
  const close = useRef<HTMLButtonElement>(null);
  const { desktops: n, enabled } = template;
  return (
    <Dialog
      open
      onClose={onClose}
      title={`“${template.name}” is in use`}
      text={`${n > 0 ? many(n, "desktop") : "Some desktops"} ${n === 1 ? "was" : "were"} made from it, so it cannot be deleted. ${
        enabled
          ? "Disable it: nobody makes a new one then, and those that are there go on."
          : "It is disabled already: nobody makes a new one."
      }`}
      initialFocus={close}
      actions={
        <>
          <Button ref={close} onClick={onClose}>
            {enabled ? "Leave it as it is" : "Close"}
          </Button>
          {enabled && (
            <Button
              variant="primary"
              busy={save.isPending}
              onClick={() => save.mutate({ enabled: false }, { onSuccess: onClose })}
            >
              Disable it
            </Button>
          )}
        </>
      }
    >
      <Problem text={save.error && said(save.error)} />
    </Dialog>
  );
}
