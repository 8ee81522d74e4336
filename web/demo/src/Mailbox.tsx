import { useState } from "preact/hooks";
import { answerTo, type DemoConfig, type Mail, type NewMail } from "./api";
import { Compose } from "./Compose";
import { Reading } from "./Reading";

const time = new Intl.DateTimeFormat("en", { weekday: "short", hour: "2-digit", minute: "2-digit", hour12: false });

/** The customer's mailbox: what the hub really sent by SMTP, and a form that really sends to it. */
export function Mailbox({ config, mails }: { config: DemoConfig; mails: Mail[] }) {
  const [open, setOpen] = useState("");
  const blank = (): NewMail => ({
    from: config.me.email,
    name: config.me.name,
    to: config.support,
    subject: "",
    text: "",
  });
  const [writing, setWriting] = useState<NewMail | undefined>(mails.length ? undefined : blank());
  const [sent, setSent] = useState("");
  const mail = mails.find((one) => one.id === open);

  const show = (id: string) => {
    setOpen(id);
    setWriting(undefined);
    setSent("");
  };
  const write = (start: NewMail) => {
    setWriting(start);
    setSent("");
  };
  return (
    <main class={mail || writing ? "mailbox reading" : "mailbox"}>
      <section class="list" aria-label="Mails">
        <button type="button" class="main" onClick={() => write(blank())}>
          Write a mail
        </button>
        {sent && (
          <p class="sent" role="status">
            {sent}
          </p>
        )}
        {mails.length === 0 && <p class="quiet">No mail from us yet. Answers arrive here by themselves.</p>}
        <ul>
          {mails.toReversed().map((one) => (
            <li key={one.id}>
              <button type="button" aria-current={one.id === open} onClick={() => show(one.id)}>
                <span class="line">
                  <b>{one.from_name || one.from}</b>
                  <time>{time.format(new Date(one.at))}</time>
                </span>
                <span class="subject">{one.subject || "(no subject)"}</span>
                <span class="line quiet">
                  <span class="start">{one.text}</span>
                  <span class="to">to {one.to}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      </section>
      <section class="pane" aria-label={writing ? "Write" : "Read"}>
        {writing ? (
          <Compose
            key={writing.in_reply_to ?? "new"}
            start={writing}
            smtp={config.smtp}
            onClose={(said) => {
              setWriting(undefined);
              setSent(said);
            }}
          />
        ) : mail ? (
          <Reading
            mail={mail}
            onAnswer={() => write(answerTo(mail, { ...config.me, email: mail.to || config.me.email }))}
            onBack={() => setOpen("")}
          />
        ) : (
          <p class="quiet mid">Choose a mail, or write one.</p>
        )}
      </section>
    </main>
  );
}
