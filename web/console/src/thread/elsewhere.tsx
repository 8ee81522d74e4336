import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Entry } from "../api/types";
import { Icon } from "../ui/icon";
import { text } from "./messages";

/** Somebody else's conversation that a message answers: it stays in its sender's thread, and the agent can look there. */
export function Elsewhere({ to }: { to: NonNullable<Entry["refers_to"]> }) {
  const caseId = to.case_id;
  const found = useQuery({
    queryKey: keys.referred(caseId ?? ""),
    queryFn: () => api.casesById([caseId ?? ""]),
    enabled: Boolean(caseId),
    staleTime: 60_000,
  });
  const row = found.data?.items[0];
  return (
    <p className="warning">
      <Icon name="link" size="s" />
      <span>
        {text.refersTo}{" "}
        <Link href={`/inbox/all/${to.thread_id}${caseId ? `?case=${caseId}` : ""}`}>
          {row ? text.caseOf(row.subject, row.customer_name) : text.otherConversation}
        </Link>
        . {text.refersToWhy}
      </span>
    </p>
  );
}
