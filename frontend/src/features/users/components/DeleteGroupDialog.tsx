// Deleting a group: its members stay, with the installation's limits.
import { AskDialog } from "@/components/ui/AskDialog";
import { isApiError, said } from "@/lib/api";
import { many } from "@/lib/figures";
import { useDeleteGroup, type Group } from "../api";

interface DeleteGroupDialogProps {
  group: Group;
  onClose: (deleted: boolean) => void;
}

export function DeleteGroupDialog({ group, onClose }: DeleteGroupDialogProps) {
  const remove = useDeleteGroup();
  const goneAnyway = (error: unknown) => isApiError(error) && error.status === 404 && onClose(true);
  return (
    <AskDialog
      title={`Delete the group “${group.name}”?`}
      text={
        group.members === 0
          ? "Nobody is in it."
          : `Its ${many(group.members, "member")} ${group.members === 1 ? "keeps" : "keep"} their account and desktops, fall back to the installation’s limits, and lose the templates that are for this group only.`
      }
      leave="Keep it"
      go="Delete the group"
      busy={remove.isPending}
      problem={remove.error && said(remove.error)}
      onGo={() => remove.mutate(group.id, { onSuccess: () => onClose(true), onError: goneAnyway })}
      onClose={() => onClose(false)}
    />
  );
}
