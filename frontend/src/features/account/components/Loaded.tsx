// What a part shows of its list: a shape while it comes, what failed, or the list.
import type { ReactNode } from "react";
import { Button } from "@/components/ui/Button";
import { Problem } from "@/components/ui/AskDialog";
import { Skeleton } from "@/components/ui/Skeleton";
import { notLoaded } from "@/lib/api";
import { useDelayed } from "@/lib/useDelayed";
import form from "@/components/ui/form.module.css";

interface LoadedProps<T> {
  query: { data: T | undefined; error: unknown; isPending: boolean; isFetching: boolean; refetch: () => unknown };
  children: (data: T) => ReactNode;
}

export function Loaded<T>({ query, children }: LoadedProps<T>) {
  const late = useDelayed(query.isPending);
  if (query.data !== undefined) return children(query.data);
  if (query.error)
    return (
      <div className={form.form}>
        <Problem text={notLoaded(query.error)} />
        <div className={`${form.actions} ${form.start}`}>
          <Button size="sm" icon="retry" busy={query.isFetching} onClick={() => void query.refetch()}>
            Try again
          </Button>
        </div>
      </div>
    );
  return late ? <Skeleton height="72px" /> : null;
}
