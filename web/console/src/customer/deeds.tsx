import { useState } from "react";
import type { Case, Thread } from "../api/types";
import { useCommands } from "../ui/commands";
import { MergeWith } from "./merge";
import { text } from "./messages";
import { PromiseDialog } from "./promise";
import { AskProof } from "./proof";

/** What the palette offers to do with the customer on the screen. */
export function CustomerDeeds({ thread, row }: { thread: Thread; row: Case | undefined }) {
  const [open, setOpen] = useState<"proof" | "merge" | "promise" | null>(null);
  const close = () => setOpen(null);
  useCommands([
    {
      id: "promise",
      label: text.promiseCommand,
      keys: ["Shift+P"],
      group: "Conversation",
      run: () => setOpen("promise"),
    },
    { id: "proof", label: text.askProof, group: "Conversation", run: () => setOpen("proof") },
    { id: "merge", label: text.mergeCommand, group: "Conversation", run: () => setOpen("merge") },
  ]);
  if (open === "proof") return <AskProof thread={thread} of={null} onClose={close} />;
  if (open === "merge") return <MergeWith thread={thread} onClose={close} />;
  return open && <PromiseDialog thread={thread} caseId={row?.id} onClose={close} />;
}
