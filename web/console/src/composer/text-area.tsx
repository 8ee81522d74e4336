import { type ClipboardEvent, type KeyboardEvent, type Ref, useId } from "react";

interface TextAreaProps {
  ref: Ref<HTMLTextAreaElement>;
  label: string;
  placeholder: string;
  value: string;
  error?: string;
  onText: (value: string) => void;
  onFiles?: (files: FileList) => void;
  onSend: (done: boolean) => void;
  onChannel?: () => void;
}

/** Grows with what is written (`field-sizing` in the style sheet); Ctrl Enter sends, Esc leaves. */
export function TextArea({ ref, label, placeholder, value, error, onText, onFiles, onSend, onChannel }: TextAreaProps) {
  const id = useId();
  const keyed = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const mod = event.ctrlKey || event.metaKey;
    if (mod && event.key === "Enter") {
      event.preventDefault();
      onSend(event.shiftKey);
    } else if (mod && event.key === "/" && onChannel) {
      event.preventDefault();
      event.stopPropagation();
      onChannel();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      event.currentTarget.blur();
      document.getElementById("timeline")?.focus({ preventScroll: true });
    }
  };
  const pasted = (event: ClipboardEvent<HTMLTextAreaElement>) => {
    if (!onFiles || !event.clipboardData.files.length) return;
    event.preventDefault();
    onFiles(event.clipboardData.files);
  };
  return (
    <>
      <textarea
        ref={ref}
        className="composer-text"
        aria-label={label}
        aria-invalid={Boolean(error)}
        aria-describedby={error ? id : undefined}
        placeholder={placeholder}
        value={value}
        rows={2}
        dir="auto"
        onChange={(event) => onText(event.target.value)}
        onKeyDown={keyed}
        onPaste={pasted}
      />
      {error && (
        <p id={id} className="composer-error" role="alert">
          {error}
        </p>
      )}
    </>
  );
}
