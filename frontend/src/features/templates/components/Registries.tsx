// The registries that want a sign-in before they give an image. What was typed is never shown again.
import { useState } from "react";
import { AskDialog } from "@/components/ui/AskDialog";
import { Button } from "@/components/ui/Button";
import { Skeleton } from "@/components/ui/Skeleton";
import { notLoaded, said } from "@/lib/api";
import { CONNECTION_BANNER_ID, useOffline } from "@/lib/events";
import { useDelayed } from "@/lib/useDelayed";
import { useDeleteRegistry, useRegistries, type Registry } from "../api";
import styles from "./Registries.module.css";
import { RegistryDialog } from "./RegistryDialog";

export function Registries() {
  const registries = useRegistries();
  const offline = useOffline();
  const late = useDelayed(registries.isPending);
  const [typing, setTyping] = useState<Registry | "new" | null>(null);
  const [deleting, setDeleting] = useState<Registry | null>(null);
  const waits = { disabled: offline, "aria-describedby": offline ? CONNECTION_BANNER_ID : undefined };
  return (
    <section className={`card ${styles.card}`} aria-labelledby="registries">
      <div className={styles.head}>
        <div>
          <h2 id="registries">Registries</h2>
          <p>Those that want a sign-in before they give an image. Others need no entry here.</p>
        </div>
        <Button size="sm" icon="plus" {...waits} onClick={() => setTyping("new")}>
          Add registry
        </Button>
      </div>
      {late && <Skeleton height="40px" />}
      {registries.isError && !registries.data && (
        <p className={styles.none} role="alert">
          {notLoaded(registries.error)}{" "}
          <Button size="sm" busy={registries.isFetching} onClick={() => void registries.refetch()}>
            Try again
          </Button>
        </p>
      )}
      {registries.data?.length === 0 && <p className={styles.none}>None.</p>}
      {registries.data && registries.data.length > 0 && (
        <ul className={styles.list} role="list">
          {registries.data.map((registry) => (
            <li key={registry.host}>
              <span>
                <b>{registry.host}</b>
                <small>signed in as {registry.username}</small>
              </span>
              <Button size="sm" {...waits} aria-label={`Change ${registry.host}`} onClick={() => setTyping(registry)}>
                Change
              </Button>
              <Button
                size="sm"
                variant="danger"
                {...waits}
                aria-label={`Delete ${registry.host}`}
                onClick={() => setDeleting(registry)}
              >
                Delete
              </Button>
            </li>
          ))}
        </ul>
      )}
      {typing && <RegistryDialog registry={typing === "new" ? null : typing} onClose={() => setTyping(null)} />}
      {deleting && <DeleteRegistryDialog registry={deleting} onClose={() => setDeleting(null)} />}
    </section>
  );
}

function DeleteRegistryDialog({ registry, onClose }: { registry: Registry; onClose: () => void }) {
  const remove = useDeleteRegistry();
  return (
    <AskDialog
      title={`Delete the sign-in for ${registry.host}?`}
      text="Images that it gives only to those who sign in cannot be pulled any more. Those on the nodes stay."
      leave="Keep it"
      go="Delete it"
      busy={remove.isPending}
      problem={remove.error && said(remove.error, "It is deleted already.")}
      onGo={() => remove.mutate(registry.host, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}
