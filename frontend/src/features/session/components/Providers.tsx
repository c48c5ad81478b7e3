// The other ways in: one button a provider. It leaves the page, so it is a link.
import buttons from "@/components/ui/Button.module.css";
import { Icon } from "@/components/ui/Icon";
import type { Provider } from "@/lib/api";
import { startAddress } from "../oidc";

interface ProvidersProps {
  providers: Provider[];
  returnTo: string;
  /** There is no other way: the first is the page's main button. */
  first: boolean;
  down: boolean;
}

export function Providers({ providers, returnTo, first, down }: ProvidersProps) {
  return providers.map(({ id, name }, index) => (
    <a
      key={id}
      className={`${buttons.button} ${buttons.wide} ${first && index === 0 ? buttons.primary : buttons.plain}`}
      href={startAddress(id, returnTo)}
      aria-disabled={down || undefined}
      onClick={(event) => down && event.preventDefault()}
    >
      <Icon name="user" /> Sign in with {name}
    </a>
  ));
}
