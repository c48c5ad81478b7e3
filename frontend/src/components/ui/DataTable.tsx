// A table of rows that open: its head stays in sight, it is drawn in full up to two hundred rows and only where one looks
// from there on. Below 760 px each row is a small card; where its cells stand then is its page's own business.
import type { ReactNode } from "react";
import styles from "./Table.module.css";
import { useVisibleRows } from "./useVisibleRows";

export interface Column {
  head: string;
  /** Its head is for those who listen only. */
  quiet?: boolean;
  /** A number: to the right. */
  figure?: boolean;
  /** Folds away below 1000 px. */
  mid?: boolean;
  className?: string | undefined;
}

interface DataTableProps<T extends { id: string }> {
  label: string;
  items: T[];
  columns: Column[];
  /** The row's name for those who listen; begins with what it is. */
  name: (item: T) => string;
  openId: string | null;
  /** The cells, one for each column. */
  cells: (item: T, index: number) => ReactNode;
  className?: string | undefined;
  rowPx?: number;
}

export function DataTable<T extends { id: string }>(props: DataTableProps<T>) {
  const { label, items, columns, name, openId, cells, className, rowPx } = props;
  const { table, rows, before, after, measure } = useVisibleRows(items, rowPx);
  return (
    <table
      className={className ? `${styles.table} ${className}` : styles.table}
      role="table"
      ref={table}
      aria-label={label}
      aria-rowcount={items.length + 1}
    >
      <thead>
        <tr role="row" aria-rowindex={1}>
          {columns.map(({ head, quiet, figure, mid, className }) => (
            <th
              key={head}
              scope="col"
              className={[figure && styles.figure, mid && styles.mid, className].filter(Boolean).join(" ") || undefined}
            >
              {quiet ? <span className="sr">{head}</span> : head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        <Gap height={before} columns={columns.length} />
        {rows.map(({ item, index }) => (
          <tr
            key={item.id}
            role="row"
            ref={measure}
            tabIndex={-1}
            aria-rowindex={index + 2}
            aria-label={name(item)}
            data-row={item.id}
            data-index={index}
            data-open={openId === item.id || undefined}
          >
            {cells(item, index)}
          </tr>
        ))}
        <Gap height={after} columns={columns.length} />
      </tbody>
    </table>
  );
}

/** Stands for the rows that are not drawn. */
function Gap({ height, columns }: { height: number; columns: number }) {
  return height > 0 ? (
    <tr aria-hidden="true" className={styles.gap} style={{ height }}>
      <td colSpan={columns} />
    </tr>
  ) : null;
}

/** A cell that keeps its role when the table is laid out as cards. */
export function Cell({
  figure,
  mid,
  className,
  title,
  children,
}: Pick<Column, "figure" | "mid" | "className"> & { title?: string | undefined; children?: ReactNode }) {
  return (
    <td
      role="cell"
      className={[figure && styles.figure, mid && styles.mid, className].filter(Boolean).join(" ") || undefined}
      title={title}
    >
      {children}
    </td>
  );
}
