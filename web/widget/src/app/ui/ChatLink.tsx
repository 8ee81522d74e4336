import { Component } from "preact";
import { giveLinkCode, Refused, sendLinkCode, spendLink } from "../api";
import { heldVisitor, linkUsedHere, rememberLink } from "../device";
import { t } from "../words";
import { Icon } from "./Icon";

interface Props {
  token: string;
  onOpen(inbox: string, visitor?: string): void;
}

/** `sentTo`: where a code for a second device can go; `asked`: it was sent there. */
const start = { error: "", busy: false, sentTo: "", asked: false, code: "" };

/** Before a chat link is spent. Mail scanners open links but press no buttons. */
export class ChatLink extends Component<Props, typeof start> {
  override state = start;

  override render() {
    const { error, busy, sentTo, asked, code } = this.state;
    const press = asked ? () => this.give() : sentTo ? () => this.ask() : () => this.open();
    return (
      <main class="linkp">
        <form
          class="card"
          onSubmit={(event) => {
            event.preventDefault();
            press();
          }}
        >
          <span class="ck">
            <Icon name="chat" />
          </span>
          <h1>{t("link_title")}</h1>
          <p class="sec">{asked ? t("link_code_sent", { to: sentTo }) : t("link_text")}</p>
          {error && (
            <p class="bar bad" role="alert">
              {error}
            </p>
          )}
          {asked && (
            <input
              class="code"
              inputMode="numeric"
              autocomplete="one-time-code"
              maxLength={7}
              aria-label={t("link_code")}
              placeholder={t("link_code")}
              value={code}
              onInput={(event) => this.setState({ code: event.currentTarget.value })}
            />
          )}
          <button type="submit" class="btn" disabled={busy || (asked && code.replace(/\D/g, "").length !== 6)}>
            {sentTo && !asked ? t("link_code_send", { to: sentTo }) : t("link_title")}
          </button>
        </form>
      </main>
    );
  }

  private open(): void {
    const { token, onOpen } = this.props;
    const known = linkUsedHere(token);
    if (known) onOpen(known);
    else this.enter(() => spendLink(token, heldVisitor()));
  }

  private ask(): void {
    this.attempt(async () => {
      const { sent_to } = await sendLinkCode(this.props.token);
      this.setState({ busy: false, asked: true, sentTo: sent_to, code: "" });
    });
  }

  private give(): void {
    this.enter(() => giveLinkCode(this.props.token, this.state.code, heldVisitor()));
  }

  private enter(take: () => Promise<{ inbox: string; visitor: string }>): void {
    this.attempt(async () => {
      const { inbox, visitor } = await take();
      rememberLink(this.props.token, inbox);
      this.props.onOpen(inbox, visitor);
    });
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    this.setState({ busy: true, error: "" });
    try {
      await work();
    } catch (reason) {
      const refused = reason instanceof Refused ? reason : undefined;
      const sentTo = refused?.sentTo || this.state.sentTo;
      this.setState({ busy: false, error: refused?.message || t("link_failed"), sentTo });
    }
  }
}
