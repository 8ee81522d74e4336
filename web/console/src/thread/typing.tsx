import { useTyping } from "../live/presence";
import { firstName } from "../ui/words";
import { text } from "./messages";

/** Its room is always kept, so that nothing jumps when somebody begins to write. */
export function TypingLine({ thread, me }: { thread: string; me: string }) {
  const signs = useTyping(thread).filter((sign) => sign.who.id !== me);
  const [customer] = signs.filter((sign) => sign.who.kind === "customer");
  const [agent] = signs.filter((sign) => sign.who.kind === "agent");
  return (
    <p className="typing-line" aria-live="off">
      {customer
        ? text.typing(firstName(customer.who.name), customer.channel)
        : agent && text.agentTyping(firstName(agent.who.name))}
    </p>
  );
}
