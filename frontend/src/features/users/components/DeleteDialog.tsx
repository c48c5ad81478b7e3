// Deleting somebody, and the question what becomes of their desktops: they go too, or somebody else gets them.
import { useState } from "react";
import { AskDialog } from "@/components/ui/AskDialog";
import { Choice } from "@/components/ui/Choice";
import { Field } from "@/components/ui/Field";
import form from "@/components/ui/form.module.css";
import { isApiError, said, saidOf } from "@/lib/api";
import { many } from "@/lib/figures";
import { useDeletePerson, usePeople, type AdminUser } from "../api";
import { usePeopleContext } from "../PeopleContext";
import { personName } from "../words";

type Fate = "delete" | "give";

export function DeleteDialog({ person, onClose }: { person: AdminUser; onClose: () => void }) {
  const { openId, open } = usePeopleContext();
  const remove = useDeletePerson(person.id);
  const [fate, setFate] = useState<Fate | null>(null);
  const [to, setTo] = useState("");
  const [missing, setMissing] = useState<string | null>(null);
  const name = personName(person);
  const n = person.desktops.used;
  // Another one was started meanwhile: the api asks.
  const asks = n > 0 || (isApiError(remove.error) && remove.error.code === "has_desktops");
  const desktops = n > 0 ? many(n, "desktop") : "desktops";

  function go() {
    if (asks && !fate) return setMissing("Choose what becomes of them.");
    if (fate === "give" && !to.trim()) return setMissing("Type who gets them.");
    setMissing(null);
    const body = !asks
      ? undefined
      : fate === "give"
        ? { desktops: fate, to: to.trim() }
        : { desktops: "delete" as const };
    remove.mutate(body, {
      onSuccess: () => {
        onClose();
        // What is deleted with its desktops stays in the list until the last one is gone.
        if (openId === person.id && fate !== "delete") open(null);
      },
    });
  }

  return (
    <AskDialog
      title={`Delete ${name}?`}
      text={
        asks
          ? `${name} cannot sign in any more, and ${n > 0 ? `has ${desktops}` : "has desktops"}. What becomes of ${n === 1 ? "it" : "them"}?`
          : `${name} cannot sign in any more. Nobody can bring them back; the audit log keeps what they did.`
      }
      leave={`Keep ${name}`}
      go={fate === "delete" && asks ? `Delete with ${desktops}` : "Delete"}
      busy={remove.isPending}
      problem={missing ?? problemOf(remove.error)}
      onGo={go}
      onClose={onClose}
    >
      {asks && (
        <fieldset className={`${form.choices} ${form.inDialog}`}>
          <legend className="sr">What becomes of the desktops</legend>
          <Choice
            type="radio"
            name="fate"
            checked={fate === "delete"}
            onChange={() => setFate("delete")}
            word={`Delete ${n === 1 ? "it" : "them"} too`}
            means="With everything in the home folders. Nobody can bring that back."
          />
          <Choice
            type="radio"
            name="fate"
            checked={fate === "give"}
            onChange={() => setFate("give")}
            word={`Give ${n === 1 ? "it" : "them"} to somebody else`}
            means="With the home folders. What is open in a browser closes for the old owner."
          />
          {fate === "give" && <Heir from={person} value={to} onChange={setTo} error={saidOf(remove.error, "to")} />}
        </fieldset>
      )}
    </AskDialog>
  );
}

interface HeirProps {
  from: AdminUser;
  value: string;
  onChange: (username: string) => void;
  error: string | null;
}

function Heir({ from, value, onChange, error }: HeirProps) {
  const people = usePeople({ q: value.trim() || undefined, state: "active" });
  return (
    <>
      <Field
        id="heir"
        label="Who gets them"
        list="heirs"
        value={value}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        placeholder="User name"
        onChange={(event) => onChange(event.target.value)}
        error={error}
      />
      <datalist id="heirs">
        {people.items
          ?.filter(({ id }) => id !== from.id)
          .map((one) => (
            <option key={one.id} value={one.username}>
              {personName(one)}
            </option>
          ))}
      </datalist>
    </>
  );
}

function problemOf(error: unknown): string | null {
  if (!error || saidOf(error, "to")) return null;
  if (isApiError(error) && error.code === "has_desktops") return null;
  return said(error, "They are deleted already.");
}
