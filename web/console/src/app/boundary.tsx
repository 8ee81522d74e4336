import { Component, type ReactNode } from "react";
import { Failed } from "../ui/states";
import { text } from "./messages";

/** A fault in one column leaves the others working. */
export class Boundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return <Failed what={text.somethingBroke} error={error} retry={() => this.setState({ error: null })} />;
  }
}
