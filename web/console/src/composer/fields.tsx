import type { Target } from "../api/types";
import { addresses, type Content } from "./content";
import { text } from "./messages";

interface FieldsProps {
  content: Content;
  target: Target;
  subject: string;
  withSubject: boolean;
  onChange: (change: Partial<Content>) => void;
}

export function Fields({ content, target, subject, withSubject, onChange }: FieldsProps) {
  const to = content.to?.address ?? target.to.address;
  const readdress = (typed: string) => {
    const [address] = addresses(typed);
    onChange({ to: address && address !== target.to.address ? { kind: target.to.kind, address, name: "" } : null });
  };
  return (
    <div className="composer-fields">
      <Line label={text.to} value={to} onChange={readdress} />
      <Line label={text.cc} value={content.cc} onChange={(cc) => onChange({ cc })} />
      <Line label={text.bcc} value={content.bcc} onChange={(bcc) => onChange({ bcc })} />
      {withSubject && (
        <Line
          label={text.subject}
          value={content.subject}
          placeholder={subject}
          onChange={(value) => onChange({ subject: value })}
        />
      )}
    </div>
  );
}

interface LineProps {
  label: string;
  value: string;
  placeholder?: string;
  onChange: (value: string) => void;
}

function Line({ label, value, placeholder, onChange }: LineProps) {
  return (
    <label className="composer-field">
      <span>{label}</span>
      <input
        value={value}
        placeholder={placeholder}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}
