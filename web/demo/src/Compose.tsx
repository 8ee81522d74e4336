import { useState } from "preact/hooks";
import { encode, type NewMail, type Person, sendMail } from "./api";

interface Props {
  start: NewMail;
  smtp: string;
  /** With the sender when the mail has gone, without when it was given up. */
  onClose(sender?: Person): void;
}

/** Sends a real mail over SMTP, from whichever customer is typed in. */
export function Compose({ start, smtp, onClose }: Props) {
  const [mail, setMail] = useState(start);
  const [files, setFiles] = useState<File[]>([]);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");

  const field = (name: "from" | "name" | "to" | "subject", label: string, mode: "text" | "email" = "text") => (
    <label>
      <span>{label}</span>
      <input
        inputMode={mode}
        value={mail[name]}
        required={name === "from" || name === "to"}
        onInput={(event) => setMail({ ...mail, [name]: event.currentTarget.value })}
      />
    </label>
  );
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      await sendMail({ ...mail, files: await Promise.all(files.map(encode)) });
      onClose({ name: mail.name, email: mail.from });
    } catch (reason) {
      setBusy(false);
      setProblem(`The mail could not be sent. ${(reason as Error).message}`);
    }
  };
  return (
    <form class="compose" onSubmit={submit}>
      <h1>{start.in_reply_to ? "Answer" : "Write a mail"}</h1>
      <div class="two">
        {field("name", "My name")}
        {field("from", "My address", "email")}
      </div>
      {field("to", "To", "email")}
      {field("subject", "Subject")}
      <label>
        <span>Message</span>
        <textarea
          required
          rows={9}
          value={mail.text}
          onInput={(event) => setMail({ ...mail, text: event.currentTarget.value })}
        />
      </label>
      <label>
        <span>Files</span>
        <input type="file" multiple onChange={(event) => setFiles([...(event.currentTarget.files ?? [])])} />
      </label>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <p class="acts">
        <button type="submit" class="main" disabled={busy}>
          {busy ? "Sending" : "Send"}
        </button>
        <button type="button" class="plain" onClick={() => onClose()}>
          Cancel
        </button>
        <span class="quiet">Goes over SMTP to {smtp}. Any mail client can do the same.</span>
      </p>
    </form>
  );
}
