import { useConnection } from "../live/socket";
import { Icon } from "../ui/icon";
import { time } from "../ui/time";
import { text } from "./messages";

/** Nothing while all is well. */
export function ConnectionLine() {
  const connection = useConnection();
  return (
    <div className="connection" role="status" data-state={connection.state}>
      {connection.state === "catching-up" && (
        <div className="catching-up">{<span className="hidden-words">{text.catchingUp}</span>}</div>
      )}
      {connection.state === "offline" && (
        <p className="offline">
          <Icon name="wifi-off" size="s" />
          {text.offline(time(new Date(connection.since).toISOString()))}
        </p>
      )}
    </div>
  );
}
