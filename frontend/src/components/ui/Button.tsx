// Buttons and links that look like one. A busy button keeps its width and place and cannot be pressed again;
// a disabled one always has its reason beside it (`aria-describedby`).
import type { AnchorHTMLAttributes, ButtonHTMLAttributes, Ref } from "react";
import { Link } from "@/lib/router";
import styles from "./Button.module.css";
import { Icon, type IconName } from "./Icon";

interface Look {
  variant?: "plain" | "primary" | "danger" | "quiet";
  size?: "md" | "sm" | "wide";
  icon?: IconName;
  /** Only the icon is drawn; `aria-label` is the name then. */
  iconOnly?: boolean;
}

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement>, Look {
  busy?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

function look({ variant = "plain", size = "md", iconOnly = false }: Look, className?: string): string {
  return [styles.button, styles[variant], styles[size], iconOnly && styles.icon, className].filter(Boolean).join(" ");
}

export function Button({ variant, size, icon, iconOnly, busy = false, className, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={look({ variant, size, iconOnly }, className)}
      aria-busy={busy || undefined}
      aria-disabled={busy || rest["aria-disabled"] || undefined}
      onClick={busy ? stay : rest.onClick}
    >
      {busy ? <Icon name="ring" spin /> : icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A busy button swallows the press, a form's submit included. */
function stay(event: React.MouseEvent) {
  event.preventDefault();
}

interface ButtonLinkProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "href">, Look {
  to: string;
  ref?: Ref<HTMLAnchorElement>;
}

/** A link to a page of ours that looks like a button. */
export function ButtonLink({ variant, size, icon, iconOnly, className, children, ...rest }: ButtonLinkProps) {
  return (
    <Link {...rest} className={look({ variant, size, iconOnly }, className)}>
      {icon && <Icon name={icon} />}
      {children}
    </Link>
  );
}
