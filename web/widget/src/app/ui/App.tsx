import { createRef } from "preact";
import type { Messenger } from "../messenger";
import type { Config } from "../shapes";
import { Home, hasHome } from "./Home";
import { Held } from "./held";
import { Header, Welcome } from "./parts";
import type { Talk } from "./Talk";

/** What comes after the first paint: the line, and the screen that needs it. */
export interface Rest {
  m: Messenger;
  Talk: typeof Talk;
}

interface Props {
  config: Config;
  /** Who comes by a chat link wants the conversation, not a choice. */
  straight?: boolean;
  onClose?: () => void;
}

interface State {
  talking: boolean;
  rest?: Rest;
}

/** Home or conversation. Home is skipped where writing is all there is to do. */
export class App extends Held<Props, State> {
  override state: State = { talking: this.props.straight || !hasHome(this.props.config) };
  private readonly talk = createRef<Talk>();
  private wanted = false;
  private text = "";

  complete(rest: Rest): void {
    rest.m.onchange = () => this.setState({});
    this.setState({ rest });
  }

  override componentDidUpdate(_: Props, before: State): void {
    if (before.talking !== this.state.talking || (before.rest !== this.state.rest && this.wanted)) this.focus();
    if (this.text && this.talk.current) {
      this.talk.current.prefill(this.text);
      this.text = "";
    }
  }

  /** Where the keyboard should be when the messenger opens. */
  focus(): void {
    this.wanted = true;
    if (this.talk.current) this.talk.current.focus();
    else document.querySelector<HTMLElement>(".homeb .btn")?.focus();
  }

  prefill(text: string): void {
    this.text = text;
    this.setState({ talking: true });
  }

  override render({ onClose }: Props, { talking, rest }: State) {
    const config = rest?.m.state.config ?? this.props.config;
    if (!talking) {
      const latest = rest?.m.state.talk.entries.at(-1);
      return <Home config={config} latest={latest} onTalk={() => this.setState({ talking: true })} onClose={onClose} />;
    }
    const onBack = hasHome(config) ? () => this.setState({ talking: false }) : undefined;
    if (rest) return <rest.Talk hold={this.talk} m={rest.m} onBack={onBack} onClose={onClose} />;
    return (
      <div class="talk" aria-busy="true">
        <Header config={config} onBack={onBack} onClose={onClose} />
        <main class="tli">{config.online === false ? null : <Welcome config={config} />}</main>
      </div>
    );
  }
}
