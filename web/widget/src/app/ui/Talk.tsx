import { createRef } from "preact";
import type { Messenger } from "../messenger";
import { t } from "../words";
import { Composer } from "./Composer";
import { EmailField, KeepGoing } from "./Email";
import { Held } from "./held";
import { Log } from "./Log";
import { Header, Notice, Welcome } from "./parts";

interface Props {
  m: Messenger;
  onBack?: () => void;
  onClose?: () => void;
}

/** The conversation: header, messages, composer. Nobody there and nothing said yet: the same composer as a form. */
export class Talk extends Held<Props, { over: boolean }> {
  override state = { over: false };
  private readonly composer = createRef<Composer>();
  private readonly email = createRef<EmailField>();

  focus(): void {
    this.composer.current?.field.current?.focus();
  }

  prefill(text: string): void {
    this.composer.current?.fill(text);
  }

  override render({ m, onBack, onClose }: Props) {
    const { config, talk, agent, loaded, problem } = m.state;
    const away = config.online === false;
    const blank = loaded && !talk.entries.length && !talk.outbox.length;
    const form = away && blank && !m.state.emailKnown;
    return (
      <div
        class={this.state.over ? "talk over" : "talk"}
        onDragOver={(event) => this.dragged(event, true)}
        onDragLeave={(event) => this.dragged(event, event.currentTarget.contains(event.relatedTarget as Node))}
        onDrop={(event) => {
          this.dragged(event, false);
          this.composer.current?.add(event.dataTransfer?.files ?? []);
        }}
      >
        <Header config={config} agent={agent} title={form ? t("leave") : undefined} onBack={onBack} onClose={onClose} />
        <Status m={m} />
        {problem && <p class="bar bad">{problem}</p>}
        <main class="body">
          {!form && (
            <Log m={m}>
              {blank && <Welcome config={config} />}
              {away && !form && m.state.emailKnown && <Notice icon="moon">{t("away_note_short")}</Notice>}
              {m.email && <p class="ev">{t("email_saved", { email: m.email })}</p>}
              {!m.state.emailKnown && !m.email && talk.entries.some((entry) => entry.mine) && <KeepGoing m={m} />}
            </Log>
          )}
          <form class={form ? "bd" : "cp"} noValidate onSubmit={(event) => this.submitted(event, form)}>
            {form && (
              <>
                <Notice icon="moon">{t("away_note")}</Notice>
                <EmailField hold={this.email} m={m} label={t("answer_by")} hint={t("email_hint")} />
                <span class="lb" aria-hidden="true">
                  {t("message")}
                </span>
              </>
            )}
            <Composer key={`${form} ${m.state.person}`} hold={this.composer} m={m} form={form} />
            {form && (
              <button type="submit" class="btn">
                {t("send_message")}
              </button>
            )}
          </form>
        </main>
        <div class="vh" role="status">
          {m.state.announced}
        </div>
        {this.state.over && <div class="drop">{t("drop")}</div>}
      </div>
    );
  }

  private async submitted(event: Event, form: boolean): Promise<void> {
    event.preventDefault();
    if (form && !(await this.email.current?.read(false))) return;
    this.composer.current?.send();
    const log = document.querySelector(".tl");
    if (log) log.scrollTop = 0;
  }

  private dragged(event: DragEvent, over: boolean): void {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    if (over !== this.state.over) this.setState({ over });
  }
}

/** Says why nothing happens, and only when it lasts. */
function Status({ m }: { m: Messenger }) {
  const { connected, loaded, slow } = m.state;
  const text =
    !slow || connected ? "" : !loaded ? t("still_connecting") : t(navigator.onLine ? "reconnecting" : "no_network");
  return (
    <p class={text ? "bar" : "vh"} role="status">
      {text}
    </p>
  );
}
