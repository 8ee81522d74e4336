import { useId } from "react";
import { Button } from "../ui/button";
import { Field } from "../ui/form";
import { text } from "./messages";

/** One field of a connector's settings, as the hub's JSON schema describes it. */
export interface Part {
  type?: string;
  title?: string;
  help?: string;
  group?: string;
  advanced?: boolean;
  default?: unknown;
  enum?: unknown[];
  format?: string;
  writeOnly?: boolean;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  examples?: unknown[];
  items?: Part;
}

export interface Schema {
  properties?: Record<string, Part>;
  required?: string[];
}

export type Values = Record<string, unknown>;

const LONG = 500;

/** What the form begins with: stored values, else the schema's defaults. */
export function initialValues(schema: Schema, stored: Values = {}): Values {
  const parts = Object.entries(schema.properties ?? {});
  return Object.fromEntries(parts.map(([name, part]) => [name, stored[name] ?? part.default ?? empty(part)]));
}

/** Fields in their groups, in the order of the schema; rare ones apart. */
export function grouped(schema: Schema): { group: string; plain: [string, Part][]; advanced: [string, Part][] }[] {
  const groups = Map.groupBy(Object.entries(schema.properties ?? {}), ([, part]) => part.group ?? "");
  return [...groups].map(([group, fields]) => ({
    group,
    plain: fields.filter(([, part]) => !part.advanced),
    advanced: fields.filter(([, part]) => part.advanced),
  }));
}

interface SchemaFormProps {
  schema: Schema;
  values: Values;
  errors: Record<string, string>;
  /** The inbox's settings as the hub tells them: a secret that is among them is stored, an empty field keeps it. */
  stored?: Values;
  onChange: (name: string, value: unknown) => void;
}

export function SchemaForm({ schema, values, errors, stored, onChange }: SchemaFormProps) {
  const required = new Set(schema.required ?? []);
  const field = ([name, part]: [string, Part]) => (
    <SchemaField
      key={name}
      name={name}
      part={part}
      value={values[name]}
      error={errors[name] ?? errors[`settings.${name}`]}
      required={required.has(name)}
      stored={stored !== undefined && name in stored}
      onChange={(value) => onChange(name, value)}
    />
  );
  return grouped(schema).map(({ group, plain, advanced }) => (
    <fieldset key={group} className="schema-group">
      {group && <legend>{group}</legend>}
      {plain.map(field)}
      {advanced.length > 0 && (
        <details open={advanced.some(([name]) => errors[name] ?? errors[`settings.${name}`]) || undefined}>
          <summary>{text.advanced}</summary>
          <div className="form">{advanced.map(field)}</div>
        </details>
      )}
    </fieldset>
  ));
}

interface SchemaFieldProps {
  name: string;
  part: Part;
  value: unknown;
  error?: string;
  required: boolean;
  stored: boolean;
  onChange: (value: unknown) => void;
}

function SchemaField({ name, part, value, error, required, stored, onChange }: SchemaFieldProps) {
  const id = useId();
  const label = part.title ?? name;
  const said = { id, "aria-invalid": Boolean(error), "aria-describedby": `${id}-help` };
  const below = (
    <div id={`${id}-help`}>
      {part.help && <p className="field-help">{part.help}</p>}
      {error && <p className="field-error">{error}</p>}
    </div>
  );
  if (part.type === "boolean") {
    return (
      <div className="field">
        <label className="check-field">
          <input
            {...said}
            type="checkbox"
            checked={Boolean(value)}
            onChange={(event) => onChange(event.target.checked)}
          />
          <span>{label}</span>
        </label>
        {below}
      </div>
    );
  }
  if (part.enum) {
    return (
      <div className="field">
        <label className="field-label" htmlFor={id}>
          {label}
        </label>
        <select {...said} className="input" value={String(value)} onChange={(event) => onChange(event.target.value)}>
          {part.enum.map((option) => (
            <option key={String(option)} value={String(option)}>
              {String(option)}
            </option>
          ))}
        </select>
        {below}
      </div>
    );
  }
  if (part.type === "array" || (part.maxLength ?? 0) >= LONG) {
    const list = part.type === "array";
    const shown = list ? ((value as string[] | undefined) ?? []).join("\n") : String(value ?? "");
    return (
      <div className="field">
        <label className="field-label" htmlFor={id}>
          {label}
        </label>
        <textarea
          {...said}
          className="input"
          rows={3}
          value={shown}
          placeholder={list ? text.lines : undefined}
          onChange={(event) => onChange(list ? event.target.value.split("\n") : event.target.value)}
        />
        {below}
      </div>
    );
  }
  const number = part.type === "integer" || part.type === "number";
  const secret = Boolean(part.writeOnly || part.format === "password");
  const removed = secret && value === null;
  const field = (
    <Field
      label={label}
      name={name}
      type={secret ? "password" : number ? "number" : "text"}
      value={String(value ?? "")}
      required={required && !(secret && stored)}
      min={part.minimum}
      max={part.maximum}
      maxLength={part.maxLength}
      autoComplete={secret ? "new-password" : "off"}
      spellCheck={false}
      placeholder={
        removed
          ? text.secretRemoved
          : secret && stored
            ? text.secretKept
            : part.examples?.[0] === undefined
              ? undefined
              : String(part.examples[0])
      }
      help={part.help}
      error={error}
      onChange={(event) =>
        onChange(number && event.target.value !== "" ? Number(event.target.value) : event.target.value)
      }
    />
  );
  if (!secret || !stored || required) return field;
  return (
    <div className="field">
      {field}
      <Button look="link" className="secret-remove" onClick={() => onChange(removed ? "" : null)}>
        {removed ? text.keepSecret(label) : text.removeSecret(label)}
      </Button>
    </div>
  );
}

/** What the hub is given: lines of a list without the empty ones. */
export function cleaned(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map((one) => (typeof one === "string" ? one.trim() : one)).filter(Boolean) : value,
    ]),
  );
}

function empty(part: Part): unknown {
  if (part.type === "boolean") return false;
  if (part.type === "array") return [];
  return part.enum?.[0] ?? "";
}
