import { useState } from "preact/hooks";
import { format } from "../../widget/src/app/format";
import type { Mail } from "./api";

const full = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

/** One mail. Its HTML is strangers' markup: a frame without scripts, links open beside it. */
export function Reading({ mail, onAnswer, onBack }: { mail: Mail; onAnswer(): void; onBack(): void }) {
  const [plain, setPlain] = useState(!mail.html);
  return (
    <article class="mail" key={mail.id}>
      <header>
        <button type="button" class="plain back" onClick={onBack}>
          Back
        </button>
        <h1>{mail.subject || "(no subject)"}</h1>
        <dl>
          <dt>From</dt>
          <dd>{mail.from_name ? `${mail.from_name} <${mail.from}>` : mail.from}</dd>
          <dt>To</dt>
          <dd>{mail.to}</dd>
          <dt>Date</dt>
          <dd>{full.format(new Date(mail.at))}</dd>
        </dl>
        <p class="acts">
          <button type="button" class="main" onClick={onAnswer}>
            Answer
          </button>
          {mail.html && (
            <button type="button" class="plain" onClick={() => setPlain(!plain)}>
              {plain ? "Show as sent" : "Show plain text"}
            </button>
          )}
        </p>
      </header>
      {plain ? (
        <div class="text">{format(mail.text)}</div>
      ) : (
        <iframe
          title="The mail as it was sent"
          sandbox="allow-popups allow-popups-to-escape-sandbox"
          srcdoc={`<base target="_blank">${mail.html}`}
        />
      )}
      {mail.attachments?.length ? (
        <ul class="files">
          {mail.attachments.map((file) => (
            <li key={file.url}>
              <a href={file.url} target="_blank" rel="noopener">
                {file.name}
              </a>
            </li>
          ))}
        </ul>
      ) : null}
    </article>
  );
}
