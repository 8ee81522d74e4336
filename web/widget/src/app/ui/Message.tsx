import { Component } from "preact";
import type { Outgoing } from "../conversation";
import { format } from "../format";
import { HERE, type PublicAttachment, type PublicEntry } from "../shapes";
import { clock, moment, size } from "../when";
import { t, tChannel } from "../words";
import { channelIcon, Icon } from "./Icon";
import { Avatar } from "./parts";

const LONG = 900;

interface Props {
  entry: PublicEntry;
  /** Last of several by the same person: the one with the picture. */
  last: boolean;
  /** Who read a message read what came before it, too. */
  read: boolean;
  /** The state is shown under the newest of one's own messages, and under the newest that was read. */
  stated: boolean;
}

export class Message extends Component<Props, { whole: boolean }> {
  override shouldComponentUpdate(next: Props, state: { whole: boolean }): boolean {
    const { entry, last, read, stated } = this.props;
    const same = entry === next.entry && last === next.last && read === next.read && stated === next.stated;
    return !same || state.whole !== this.state.whole;
  }

  override render({ entry, last, read, stated }: Props) {
    const name = entry.mine ? t("you") : entry.author || t("team");
    if (entry.kind === "call")
      return <Line entry={entry} text={t("call", { name: entry.author, when: moment(entry.at) })} />;
    const elsewhere = entry.channel !== HERE && (
      <Line
        entry={entry}
        text={tChannel(entry.mine ? "you" : "team", entry.channel, { name, when: moment(entry.at) })}
      />
    );
    if (!entry.text && !entry.attachments.length) return elsewhere;
    const cut = entry.text.length > LONG && !this.state.whole;
    const state = read ? "read" : entry.state;
    const label = `${name}, ${moment(entry.at)}${entry.mine ? `, ${t(state)}` : ""}`;
    return (
      <>
        {elsewhere}
        <article class={entry.mine ? "m me" : "m"} tabIndex={-1} aria-label={label}>
          {!entry.mine && (last ? <Avatar name={entry.author} /> : <span class="av none" />)}
          <div class="col">
            {entry.text && (
              <div class="bub" dir="auto" title={clock(entry.at)}>
                {format(cut ? `${entry.text.slice(0, LONG)}…` : entry.text)}
                {cut && (
                  <button type="button" class="lnk" onClick={() => this.setState({ whole: true })}>
                    {t("show_all")}
                  </button>
                )}
              </div>
            )}
            {entry.attachments.map((file) => (
              <File file={file} key={file.id} />
            ))}
          </div>
        </article>
        {stated && (
          <div class="st">
            {t(state)} <Icon name={state === "read" ? "checks" : "check"} small />
          </div>
        )}
      </>
    );
  }
}

const Line = ({ entry, text }: { entry: PublicEntry; text: string }) => (
  <div class="ev">
    <Icon name={entry.kind === "call" ? "phone" : channelIcon(entry.channel)} small />
    <span dir="auto">{text}</span>
  </div>
);

/** The picture's place is reserved, so nothing jumps when it comes. */
export const File = ({ file }: { file: PublicAttachment }) =>
  /^image\/(png|jpeg|gif|webp|avif)$/.test(file.type) ? (
    <a class="pic" href={file.url} target="_blank" rel="noopener noreferrer">
      <img src={file.url} alt={file.name} loading="lazy" width="220" height="150" />
    </a>
  ) : (
    <a class="fil" href={file.url} target="_blank" rel="noopener noreferrer">
      <Icon name="file" />
      <span class="clip" dir="auto">
        {file.name}
      </span>
      <span class="mut">{size(file.size)}</span>
    </a>
  );

/** Said here, not yet confirmed. */
export function Unconfirmed({
  one,
  online,
  onRetry,
  onDiscard,
}: {
  one: Outgoing;
  online: boolean;
  onRetry(): void;
  onDiscard(): void;
}) {
  const failed = one.state === "failed";
  const state = failed ? "failed" : one.state === "waiting" && !online ? "waiting" : "sending";
  return (
    <>
      <article class={`m me${failed ? " no" : ""}`} tabIndex={-1} aria-label={`${t("you")}, ${t(state)}`}>
        <div class="col">
          {one.text && (
            <div class="bub" dir="auto">
              {format(one.text)}
            </div>
          )}
          {one.files.map((file) => (
            <File file={file} key={file.id} />
          ))}
        </div>
      </article>
      {failed ? (
        <div class="st bad" role="alert">
          <span>
            {t("failed")}
            {one.error && `: ${one.error}`}
          </span>
          <button type="button" class="lnk" onClick={onRetry}>
            {t("retry")}
          </button>
          <button type="button" class="lnk" onClick={onDiscard}>
            {t("delete")}
          </button>
        </div>
      ) : (
        <div class="st">
          {t(state)} <Icon name="clock" small />
        </div>
      )}
    </>
  );
}
