// The three limits as fields; an empty one shows what holds then.
import { Field } from "@/components/ui/Field";
import form from "@/components/ui/form.module.css";
import { saidOf } from "@/lib/api";
import type { LimitName } from "../api";
import { faultOf, type LimitDraft } from "../limitDraft";
import { LIMIT_LABEL } from "../words";

interface LimitFieldsProps {
  prefix: string;
  draft: LimitDraft;
  /** What holds for an empty field, in a few words. */
  empty: Record<LimitName, string>;
  error: unknown;
  onChange: (next: LimitDraft) => void;
}

export function LimitFields({ prefix, draft, empty, error, onChange }: LimitFieldsProps) {
  const field = (name: LimitName) => (
    <Field
      id={`${prefix}-${name}`}
      label={LIMIT_LABEL[name].label}
      hint={LIMIT_LABEL[name].hint}
      placeholder={empty[name]}
      value={draft[name]}
      autoComplete="off"
      spellCheck={false}
      inputMode={name === "start_limits" ? "text" : "numeric"}
      onChange={(event) => onChange({ ...draft, [name]: event.target.value })}
      error={faultOf(name, draft[name]) ?? saidOf(error, `limits.${name}`)}
    />
  );
  return (
    <>
      <div className={form.pair}>
        {field("max_desktops")}
        {field("max_streams")}
      </div>
      {field("start_limits")}
    </>
  );
}
