import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from "react";
import { Icon } from "./icon";
import { matches } from "./match";

export interface Option {
  key: string;
  label: string;
  /** Further words by which it is found. */
  words?: string;
  glyph?: ReactNode;
  note?: string;
  hint?: string;
  group?: string;
  checked?: boolean;
  run: () => void;
}

interface PickerProps {
  label: string;
  placeholder: string;
  options: Option[];
  /** Options made from what is typed, shown first. */
  typed?: (text: string) => Option[];
  onText?: (text: string) => void;
  onDone: () => void;
  /** Stay open after a choice, for choosing several. */
  several?: boolean;
  nothing: string;
}

/** Type to narrow, arrows to choose, Enter to take: the one way of choosing from many (assign, snooze, tags, palette). */
export function Picker({ label, placeholder, options, typed, onText, onDone, several, nothing }: PickerProps) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const found = [
    ...(typed?.(text) ?? []),
    ...options.filter((one) => matches(text, `${one.label} ${one.words ?? ""}`)),
  ];
  const active = Math.min(at, found.length - 1);

  const take = (option: Option | undefined) => {
    if (!option) return;
    if (!several) onDone();
    option.run();
  };
  const keyed = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      take(found[active]);
    } else if (step && found.length) {
      event.preventDefault();
      const next = (active + step + found.length) % found.length;
      setAt(next);
      list.current?.querySelector(`[data-at="${next}"]`)?.scrollIntoView({ block: "nearest" });
    }
  };
  return (
    <div className="picker">
      <input
        data-autofocus
        className="picker-input"
        role="combobox"
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-activedescendant={found.length ? `${id}-${active}` : undefined}
        aria-autocomplete="list"
        aria-label={label}
        placeholder={placeholder}
        value={text}
        autoComplete="off"
        spellCheck={false}
        onKeyDown={keyed}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
          onText?.(event.target.value);
        }}
      />
      <div ref={list} id={`${id}-list`} role="listbox" aria-label={label} className="picker-list" tabIndex={-1}>
        {found.map((option, index) => (
          <OptionRow
            key={option.key}
            id={`${id}-${index}`}
            at={index}
            option={option}
            heading={option.group !== found[index - 1]?.group ? option.group : undefined}
            active={index === active}
            onEnter={() => setAt(index)}
            onTake={() => take(option)}
          />
        ))}
        {!found.length && <p className="picker-nothing">{nothing}</p>}
      </div>
    </div>
  );
}

interface RowProps {
  id: string;
  at: number;
  option: Option;
  heading?: string;
  active: boolean;
  onEnter: () => void;
  onTake: () => void;
}

function OptionRow({ id, at, option, heading, active, onEnter, onTake }: RowProps) {
  return (
    <>
      {heading && (
        <div className="picker-heading" role="presentation">
          {heading}
        </div>
      )}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the keys are handled by the combobox that owns this list */}
      <div
        id={id}
        role="option"
        tabIndex={-1}
        aria-selected={active}
        data-at={at}
        className="picker-option"
        onPointerMove={active ? undefined : onEnter}
        onPointerDown={(event) => event.preventDefault()}
        onClick={onTake}
      >
        {option.glyph}
        <span className="grow ellipsis" dir="auto">
          {option.label}
        </span>
        {option.note && <span className="picker-note ellipsis">{option.note}</span>}
        {option.checked && <Icon name="check" size="s" />}
        {option.hint && <kbd aria-hidden="true">{option.hint}</kbd>}
      </div>
    </>
  );
}
