// Deleting a token: programs that still use it are refused from then on.
import { AskDialog } from "@/components/ui/AskDialog";
import { said } from "@/lib/api";
import { useDeleteToken, type Token } from "../api";

export function DeleteTokenDialog({ token, onClose }: { token: Token; onClose: () => void }) {
  const remove = useDeleteToken();
  return (
    <AskDialog
      title={`Delete the token “${token.name}”?`}
      text="A program that still uses it is refused at once. Nobody can bring the token back."
      leave="Keep it"
      go="Delete it"
      busy={remove.isPending}
      problem={remove.error && said(remove.error)}
      onGo={() => remove.mutate(token.id, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}
