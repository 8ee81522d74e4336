import type { Config, PublicEntry } from "../shapes";
import { moment } from "../when";
import { t } from "../words";
import { Icon } from "./Icon";
import { Availability, Avatar, IconButton } from "./parts";

/** Only where there is more to do than to write. */
export const hasHome = (config: Config) => Boolean(config.ways?.length || config.links?.length);

interface Props {
  config: Config;
  latest?: PublicEntry;
  onTalk(): void;
  onClose?: () => void;
}

export function Home({ config, latest, onTalk, onClose }: Props) {
  return (
    <>
      <header class="hero">
        <div class="row">
          <span class="lg" aria-hidden="true">
            {[...config.name][0]}
          </span>
          <span class="grow" />
          {onClose && <IconButton name="close" label={t("close")} onClick={onClose} />}
        </div>
        <h1>
          <bdi>{config.greeting || t("hello")}</bdi>
        </h1>
        <p>
          <Availability {...config} />
        </p>
      </header>
      <main class="homeb">
        <div class="card">
          {latest && <Latest entry={latest} />}
          <button type="button" class="btn" onClick={onTalk}>
            <Icon name="chat" />
            {t(latest ? "continue" : "start")}
          </button>
        </div>
        {config.ways?.length ? (
          <div class="card">
            <h2>{t("other_ways")}</h2>
            <div class="chs">
              {config.ways.map((way) => (
                <a href={safe(way.url)} target="_blank" rel="noopener noreferrer" key={way.url}>
                  <span class="ck">
                    <Icon name={way.kind === "link" ? "chat" : "mail"} />
                  </span>
                  {way.label}
                </a>
              ))}
            </div>
          </div>
        ) : null}
        {config.links?.length ? (
          <div class="card lsts">
            {config.links.map((link) => (
              <a class="lst" href={safe(link.url)} target="_blank" rel="noopener noreferrer" key={link.url}>
                <span class="grow">{link.label}</span>
                <Icon name="more" small flip />
              </a>
            ))}
          </div>
        ) : null}
      </main>
      <footer class="ft">{t("privacy")}</footer>
    </>
  );
}

function Latest({ entry }: { entry: PublicEntry }) {
  const name = entry.mine ? t("you") : entry.author;
  return (
    <div class="latest row">
      <Avatar name={name} />
      <div class="grow">
        <div class="row">
          <b class="grow">{name}</b>
          <time class="mut tn">{moment(entry.at)}</time>
        </div>
        <div class="sec clip">
          <bdi>{entry.text || entry.attachments[0]?.name}</bdi>
        </div>
      </div>
    </div>
  );
}

const safe = (url: string) => (/^(https?:|mailto:|tel:)/i.test(url) ? url : undefined);
