import { Component } from "preact";
import { Refused, spendLink } from "../api";
import { heldVisitor, linkUsedHere, rememberLink } from "../device";
import { t } from "../words";
import { Icon } from "./Icon";

interface Props {
  token: string;
  onOpen(inbox: string, visitor?: string): void;
}

/** Before a chat link is spent. Mail scanners open links but press no buttons. */
export class ChatLink extends Component<Props, { error: string; busy: boolean }> {
  override state = { error: "", busy: false };

  override render() {
    const { error, busy } = this.state;
    return (
      <main class="linkp">
        <div class="card">
          <span class="ck">
            <Icon name="chat" />
          </span>
          <h1>{t("link_title")}</h1>
          <p class="sec">{t("link_text")}</p>
          {error && (
            <p class="bar bad" role="alert">
              {error}
            </p>
          )}
          <button type="button" class="btn" disabled={busy} onClick={() => this.open()}>
            {t("link_title")}
          </button>
        </div>
      </main>
    );
  }

  private async open(): Promise<void> {
    const { token, onOpen } = this.props;
    const known = linkUsedHere(token);
    if (known) return onOpen(known);
    this.setState({ busy: true, error: "" });
    try {
      const { inbox, visitor } = await spendLink(token, heldVisitor());
      rememberLink(token, inbox);
      onOpen(inbox, visitor);
    } catch (reason) {
      const said = reason instanceof Refused ? reason.message : "";
      this.setState({ busy: false, error: said || t("link_failed") });
    }
  }
}
