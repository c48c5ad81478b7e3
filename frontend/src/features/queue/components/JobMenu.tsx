// The rest of what may be done with a job, from its row. The server says what it would accept; the page only words it.
import { Button } from "@/components/ui/Button";
import { Menu, MenuItem, MenuRule } from "@/components/ui/Menu";
import { toast } from "@/components/ui/Toast";
import type { Job } from "@/lib/api";
import { copyText } from "@/lib/clipboard";
import { useQueueContext } from "../QueueContext";
import { shownUser } from "../sentences";
import { actionWord } from "../states";

export function JobMenu({ job, name }: { job: Job; name: string }) {
  const { filter, offline, setFilter, open, act, busyWith } = useQueueContext();
  const busy = busyWith(job.id) !== null;
  return (
    <Menu
      trigger={<Button variant="quiet" size="sm" iconOnly icon="more" busy={busy} aria-label={`More for ${name}`} />}
    >
      <MenuItem icon="eye" onSelect={() => open(job.id)}>
        Show it
      </MenuItem>
      {job.actions.includes("retry") && (
        <MenuItem icon="retry" disabled={offline} onSelect={() => act(job, "retry")}>
          {actionWord("retry", job)}
        </MenuItem>
      )}
      <MenuItem icon="user" onSelect={() => setFilter({ ...filter, user: job.user })}>
        Only those of {shownUser(job)}
      </MenuItem>
      {job.image === null && (
        <MenuItem icon="desk" onSelect={() => setFilter({ ...filter, desktop: job.desktop_id })}>
          Only those of this desktop
        </MenuItem>
      )}
      <MenuItem
        icon="clip"
        onSelect={() =>
          void copyText(job.id).then((done) =>
            toast(done ? "The job’s id is copied." : `It could not be copied: ${job.id}`),
          )
        }
      >
        Copy its id
      </MenuItem>
      {job.actions.includes("cancel") && (
        <>
          <MenuRule />
          <MenuItem icon="x" danger disabled={offline} onSelect={() => act(job, "cancel")}>
            {actionWord("cancel", job)}
          </MenuItem>
        </>
      )}
    </Menu>
  );
}
