import { Component, type RefObject } from "preact";

/** A component that its parent may call: Preact gives refs to elements only. */
export abstract class Held<P, S = object> extends Component<P & { hold?: RefObject<unknown> }, S> {
  override componentDidMount(): void {
    if (this.props.hold) this.props.hold.current = this;
  }

  override componentWillUnmount(): void {
    if (this.props.hold) this.props.hold.current = null;
  }
}
