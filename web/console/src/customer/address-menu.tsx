import { useState } from "react";
import type { Customer, Thread } from "../api/types";
import { Icon } from "../ui/icon";
import { MenuButton, type MenuItem } from "../ui/menu";
import { text } from "./messages";
import { type Addressed, AskProof, Confirm } from "./proof";

const PROVABLE = new Set(["email", "phone"]);
const CONFIRMED = "agent";

export function ofIdentity(identity: Customer["identities"][number]): Addressed {
  return { ...identity, confirmed: identity.proven_by === CONFIRMED };
}

/** What can be done about one address. */
export function AddressMenu({ thread, of }: { thread: Thread; of: Addressed }) {
  const [open, setOpen] = useState<"proof" | "confirm" | null>(null);
  const items: MenuItem[] = [];
  if (of.trust !== "verified" && PROVABLE.has(of.kind)) {
    items.push({ key: "proof", label: text.askProof, icon: "key-round", run: () => setOpen("proof") });
  }
  if (of.trust !== "verified" || of.confirmed) {
    const label = of.confirmed ? text.revoke : text.confirm;
    items.push({ key: "confirm", label, icon: "shield-check", run: () => setOpen("confirm") });
  }
  if (!items.length) return null;
  return (
    <>
      <MenuButton label={text.addressActions(of.address)} items={items} align="end" className="icon-button">
        <Icon name="ellipsis" size="s" />
      </MenuButton>
      {open === "proof" && <AskProof thread={thread} of={of} onClose={() => setOpen(null)} />}
      {open === "confirm" && <Confirm thread={thread} of={of} onClose={() => setOpen(null)} />}
    </>
  );
}
