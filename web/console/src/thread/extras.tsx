import type { Entry } from "../api/types";
import { Icon } from "../ui/icon";
import type { IconName } from "../ui/icons";
import { text } from "./messages";

const glyphs: Record<string, IconName> = { story: "camera", post: "image", location: "flag", contact: "user-round" };
const SAFE = /^https?:\/\//u;

/** What came along that is neither words nor a file: a post, a story, a place. */
export function Cards({ entry }: { entry: Entry }) {
  if (entry.redacted) return null;
  return entry.cards.map((card) => (
    <div key={`${card.kind}/${card.url}/${card.title}`} className="shared-card">
      <Icon name={glyphs[card.kind] ?? "link"} />
      <div className="grow">
        {SAFE.test(card.url) ? (
          <a href={card.url} target="_blank" rel="noopener noreferrer">
            {card.title || text.shared}
          </a>
        ) : (
          <b>{card.title || text.shared}</b>
        )}
        {card.text && <div className="quiet">{card.text}</div>}
      </div>
    </div>
  ));
}

/** What happened to a message since it was said. */
export function Since({ entry }: { entry: Entry }) {
  const words = [
    entry.choice && text.chosen,
    entry.edits && text.corrects,
    entry.edited_by && text.editedLater,
    entry.elsewhere && text.sentElsewhere,
  ].filter(Boolean);
  if (!words.length && !entry.reactions.length && !entry.ask) return null;
  return (
    <div className="since">
      {entry.ask && <Asked ask={entry.ask} />}
      {entry.reactions.map((one) => (
        <span key={`${one.name}/${one.emoji}`} className="chip chip-line" title={one.name}>
          {one.emoji}
        </span>
      ))}
      {words.length > 0 && <span className="quiet">{words.join(" · ")}</span>}
    </div>
  );
}

/** What the customer can answer with. */
function Asked({ ask }: { ask: NonNullable<Entry["ask"]> }) {
  const answers = ask.kind === "choice" ? ask.options : ask.fields;
  return (
    <>
      <span className="quiet">{ask.kind === "choice" ? text.asksChoice : ask.title || text.asksForm}</span>
      {answers.map((one) => (
        <span key={one.label} className="chip chip-line">
          {one.label}
        </span>
      ))}
    </>
  );
}
