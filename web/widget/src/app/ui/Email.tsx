import { Component, createRef } from "preact";
import type { Messenger } from "../messenger";
import { t } from "../words";
import { Held } from "./held";
import { Icon } from "./Icon";
import { IconButton } from "./parts";

const LOOKS_RIGHT = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** The visitor's address, asked for and never demanded. `read()` says what is wrong, or stores it. */
export class EmailField extends Held<{ m: Messenger; label: string; hint?: string }, { error: string }> {
  override state = { error: "" };
  readonly input = createRef<HTMLInputElement>();

  async read(required: boolean): Promise<boolean> {
    const email = this.input.current?.value.trim() ?? "";
    if (!email && !required) return true;
    const error = LOOKS_RIGHT.test(email) ? await this.props.m.answerBy(email) : t("email_wrong");
    this.setState({ error });
    if (error) this.input.current?.focus();
    return !error;
  }

  override render({ m, label, hint }: { m: Messenger; label: string; hint?: string }) {
    const { error } = this.state;
    return (
      <label class="fl">
        <span>{label}</span>
        <input
          ref={this.input}
          type="email"
          name="email"
          dir="ltr"
          autocomplete="email"
          defaultValue={m.email}
          aria-invalid={Boolean(error)}
          aria-describedby="email-hint"
        />
        <small id="email-hint" class={error ? "bad" : "mut"} role={error ? "alert" : undefined}>
          {error || hint}
        </small>
      </label>
    );
  }
}

/** Offered once the visitor has written and we could not reach them elsewhere. */
export class KeepGoing extends Component<{ m: Messenger }, { open: boolean; unwanted: boolean }> {
  override state = { open: false, unwanted: false };
  private readonly field = createRef<EmailField>();

  override componentDidUpdate(_: unknown, before: { open: boolean }): void {
    if (this.state.open && !before.open) this.field.current?.input.current?.focus();
  }

  override render({ m }: { m: Messenger }) {
    if (this.state.unwanted) return null;
    return (
      <section class="hand">
        <div class="row">
          <b class="grow">{t("going_title")}</b>
          <IconButton name="close" label={t("not_now")} onClick={() => this.setState({ unwanted: true })} />
        </div>
        <div class="sec">{t("going_text")}</div>
        {this.state.open ? (
          <form
            noValidate
            onSubmit={(event) => {
              event.preventDefault();
              this.field.current?.read(true);
            }}
          >
            <EmailField hold={this.field} m={m} label={t("your_email")} />
            <button type="submit" class="btn">
              {t("save")}
            </button>
          </form>
        ) : (
          <div class="pills">
            <button type="button" onClick={() => this.setState({ open: true })}>
              <Icon name="mail" small />
              {t("email")}
            </button>
          </div>
        )}
      </section>
    );
  }
}
