import { useState } from "preact/hooks";
import { answerTo, type DemoConfig, type Mail, type NewMail, type Person } from "./api";
import { Compose } from "./Compose";
import { Reading } from "./Reading";

const time = new Intl.DateTimeFormat("en", { weekday: "short", hour: "2-digit", minute: "2-digit", hour12: false });

/** The customer's mailbox: what the hub really sent by SMTP, and a form that really sends to it. */
interface Props {
  config: DemoConfig;
  mails: Mail[];
  /** Who is played; another sender's name and address make it somebody else's mailbox. */
  me: Person;
  onMe(me: Person): void;
}

export function Mailbox({ config, mails, me, onMe }: Props) {
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
        <p class="quiet">
          Mailbox of {me.name}, {me.email}
        </p>
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
            onClose={(from) => {
              setWriting(undefined);
              if (!from) return;
              setSent(`Sent to ${writing.to} over SMTP.`);
              onMe(from);
            }}
          />
        ) : mail ? (
          <Reading mail={mail} onAnswer={() => write(answerTo(mail, me))} onBack={() => setOpen("")} />
        ) : (
          <p class="quiet mid">Choose a mail, or write one.</p>
        )}
      </section>
    </main>
  );
}
