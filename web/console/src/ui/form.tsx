import { type InputHTMLAttributes, type ReactNode, useId } from "react";

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  help?: ReactNode;
  error?: string;
}

/** A labelled field; its help and its error are read out with it. */
export function Field({ label, help, error, ...input }: FieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        className="input"
        {...input}
        aria-invalid={Boolean(error)}
        aria-describedby={[help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(" ") || undefined}
      />
      {help && (
        <p id={`${id}-help`} className="field-help">
          {help}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className="field-error">
          {error}
        </p>
      )}
    </div>
  );
}

interface CheckProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  help?: ReactNode;
}

/** Yes or no; its help stands in its label and is read with it. */
export function Check({ label, help, ...input }: CheckProps) {
  return (
    <label className="check-field">
      <input type="checkbox" {...input} />
      <span>
        {label}
        {help && <span className="field-help"> {help}</span>}
      </span>
    </label>
  );
}
