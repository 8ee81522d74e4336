import { Fragment } from "preact";
import type { Messenger } from "../messenger";
import { HERE, type PublicEntry } from "../shapes";
import { day, sameDay } from "../when";
import { t } from "../words";
import { Message, Unconfirmed } from "./Message";
import { Avatar } from "./parts";

/** The messages. The list stands on its end (column-reverse), so new and older ones come without a jump. */
export function Log({ m, children }: { m: Messenger; children?: preact.ComponentChildren }) {
  const { talk, typing, connected } = m.state;
  const { entries } = talk;
  const lastMine = entries.findLastIndex(saidHere);
  const lastRead = entries.findLastIndex((entry) => saidHere(entry) && entry.state === "read");
  return (
    <div
      class="tl"
      role="log"
      aria-live="off"
      aria-label={t("messages")}
      tabIndex={0}
      onKeyDown={walk}
      onScroll={(event) => nearTop(event.currentTarget) && more(m)}
    >
      <div class="tli">
        {talk.moreBefore && (
          <button type="button" class="lnk mid" onClick={() => more(m)}>
            {t("earlier")}
          </button>
        )}
        {entries.map((entry, i) => {
          const before = entries[i - 1];
          const after = entries[i + 1];
          const newDay = !before || !sameDay(before.at, entry.at);
          const last = !after || after.mine || after.author !== entry.author || !sameDay(after.at, entry.at);
          return (
            <Fragment key={entry.id}>
              {newDay && <div class="day">{day(entry.at)}</div>}
              <Message
                entry={entry}
                last={last}
                read={i <= lastRead && saidHere(entry)}
                stated={i === lastRead || (i === lastMine && !talk.outbox.length)}
              />
            </Fragment>
          );
        })}
        {talk.outbox.map((one) => (
          <Unconfirmed
            key={one.client_key}
            one={one}
            online={connected}
            onRetry={() => m.retry(one.client_key)}
            onDiscard={() => m.discard(one.client_key)}
          />
        ))}
        {children}
        {typing && (
          <div class="m">
            <Avatar name={typing} />
            <div class="bub tp">
              <span class="vh">{t("is_typing", { name: typing })}</span>
              <i />
              <i />
              <i />
            </div>
          </div>
        )}
      </div>
    </div>
  );
}

const saidHere = (entry: PublicEntry) => entry.mine && entry.kind === "message" && entry.channel === HERE;

let loading = false;

async function more(m: Messenger): Promise<void> {
  if (loading || !m.state.talk.moreBefore) return;
  loading = true;
  await m.earlier().catch(() => {});
  loading = false;
}

const nearTop = (log: HTMLElement) => log.scrollHeight + log.scrollTop - log.clientHeight < 80;

/** Arrow keys, Home and End go from message to message. */
function walk(event: KeyboardEvent): void {
  const log = event.currentTarget as HTMLElement;
  const messages = [...log.querySelectorAll<HTMLElement>("article")];
  const at = messages.indexOf(document.activeElement as HTMLElement);
  const next = { ArrowUp: at < 0 ? -1 : at - 1, ArrowDown: at + 1, Home: 0, End: -1 }[event.key];
  if (next === undefined || (event.target as HTMLElement).closest("button,a,input")) return;
  event.preventDefault();
  (event.key === "ArrowUp" && at === 0 ? messages[0] : messages.at(next))?.focus();
}
