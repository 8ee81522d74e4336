import type { Disposition } from "../api/types";
import { Button, IconButton } from "../ui/button";
import { text } from "./phone-messages";

type Effect = keyof typeof text.effects;

const effects = Object.entries(text.effects) as [Effect, string][];

interface DispositionsProps {
  all: Disposition[];
  onChange: (all: Disposition[]) => void;
}

/** Words may change at any time: past calls keep what they stood for by its key. */
export function Dispositions({ all, onChange }: DispositionsProps) {
  const change = (key: string, part: Partial<Disposition>) =>
    onChange(all.map((one) => (one.key === key ? { ...one, ...part } : one)));
  const add = () =>
    onChange([
      ...all,
      { key: newKey(all), label: "", closes: false, follow_up: false, do_not_call: false, wrong_number: false },
    ]);
  return (
    <>
      <ul className="dispositions">
        {all.map((one, index) => (
          <li key={one.key}>
            <div className="disposition-name">
              <input
                className="input"
                aria-label={text.label(index + 1)}
                required
                maxLength={80}
                value={one.label}
                onChange={(event) => change(one.key, { label: event.target.value })}
              />
              {all.length > 1 && (
                <IconButton
                  icon="x"
                  label={text.remove(one.label || text.label(index + 1))}
                  onClick={() => onChange(all.filter((other) => other.key !== one.key))}
                />
              )}
            </div>
            <div className="disposition-effects">
              {effects.map(([effect, label]) => (
                <label key={effect} className="check-field">
                  <input
                    type="checkbox"
                    checked={one[effect]}
                    onChange={(event) => change(one.key, { [effect]: event.target.checked })}
                  />
                  <span>{label}</span>
                </label>
              ))}
            </div>
          </li>
        ))}
      </ul>
      <div>
        <Button icon="plus" onClick={add}>
          {text.add}
        </Button>
      </div>
    </>
  );
}

function newKey(all: Disposition[]): string {
  const taken = new Set(all.map((one) => one.key));
  let number = all.length + 1;
  while (taken.has(`choice_${number}`)) number += 1;
  return `choice_${number}`;
}
