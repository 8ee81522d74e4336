import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "wouter";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Connector, Inbox, Me } from "../api/types";
import { Button } from "../ui/button";
import { ChannelGlyph } from "../ui/channel";
import { Dialog } from "../ui/dialog";
import { Icon } from "../ui/icon";
import { Empty, Failed, Skeleton } from "../ui/states";
import { shortTime } from "../ui/time";
import { complain } from "../ui/toast";
import { Copyable } from "./card";
import { DeadEnvelopes } from "./envelopes";
import { InboxForm } from "./inbox-form";
import { text } from "./messages";

export function Channels({ me }: { me: Me }) {
  const [params, setParams] = useSearchParams();
  const inboxes = useQuery({ queryKey: keys.inboxes, queryFn: api.inboxes });
  const connectors = useQuery({ queryKey: keys.connectors, queryFn: api.connectors });
  const [editing, setEditing] = useState<Inbox | null>(null);
  const admin = me.role !== "agent";
  const connecting = params.has("connect");
  const connect = (open: boolean) => setParams(open ? { connect: "1" } : {}, { replace: true });
  const connectorOf = (inbox: Inbox) => connectors.data?.find((one) => one.key === inbox.connector);
  return (
    <>
      <div className="settings-intro">
        <p className="grow quiet">{admin ? text.channelsWhy : text.onlyAdmins}</p>
        {admin && (
          <Button look="primary" icon="plus" onClick={() => connect(true)}>
            {text.connect}
          </Button>
        )}
      </div>
      {inboxes.isPending && <Skeleton rows={2} className="skeleton-item" />}
      {inboxes.isError && <Failed what={text.failed} error={inboxes.error} retry={() => void inboxes.refetch()} />}
      {inboxes.data?.length === 0 && (
        <Empty icon="inbox" title={text.noChannels}>
          <p>{text.noChannelsWhy}</p>
        </Empty>
      )}
      {inboxes.data?.map((inbox) => (
        <InboxCard
          key={inbox.id}
          inbox={inbox}
          label={connectorOf(inbox)?.label ?? inbox.connector}
          admin={admin}
          onEdit={() => setEditing(inbox)}
        />
      ))}
      {admin && <DeadEnvelopes />}
      {connecting && admin && (
        <Dialog title={text.connect} onClose={() => connect(false)} className="inbox-dialog">
          {connectors.isError && (
            <Failed what={text.failed} error={connectors.error} retry={() => void connectors.refetch()} />
          )}
          {connectors.data && <Connect connectors={connectors.data} onDone={() => connect(false)} />}
        </Dialog>
      )}
      {editing && connectorOf(editing) && (
        <Dialog title={editing.name} onClose={() => setEditing(null)} className="inbox-dialog">
          <InboxForm connector={connectorOf(editing) as Connector} inbox={editing} onDone={() => setEditing(null)} />
        </Dialog>
      )}
    </>
  );
}

function Connect({ connectors, onDone }: { connectors: Connector[]; onDone: () => void }) {
  const [chosen, setChosen] = useState<Connector | null>(null);
  if (chosen) return <InboxForm connector={chosen} onDone={onDone} onBack={() => setChosen(null)} />;
  return (
    <div className="connector-choice">
      <p>{text.choose}</p>
      {connectors.map((connector) => (
        <button key={connector.key} type="button" className="connector" onClick={() => setChosen(connector)}>
          <ChannelGlyph channel={String(connector.capabilities.channel)} size="l" />
          <span className="grow">
            <span className="settings-row-title">{connector.label}</span>
            <span className="quiet">{connector.description}</span>
          </span>
          <Icon name="chevron-right" size="s" />
        </button>
      ))}
    </div>
  );
}

function InboxCard({
  inbox,
  label,
  admin,
  onEdit,
}: {
  inbox: Inbox;
  label: string;
  admin: boolean;
  onEdit: () => void;
}) {
  const client = useQueryClient();
  const [sure, setSure] = useState(false);
  const paused = inbox.state === "paused";
  const after = (what: Promise<unknown>, failed: string) =>
    void what.then(
      () => client.invalidateQueries({ queryKey: keys.inboxes }),
      (error: unknown) => complain(failed, error),
    );
  return (
    <section className="settings-card" aria-label={inbox.name}>
      <div className="inbox-head">
        <ChannelGlyph channel={inbox.channel} size="l" />
        <span className="grow">
          <span className="settings-row-title">{inbox.name}</span>
          <span className="quiet">{[label, inbox.address, seen(inbox)].filter(Boolean).join(" · ")}</span>
        </span>
        <span className={`chip ${paused ? "chip-warn" : "chip-ok"}`}>{paused ? text.paused : text.active}</span>
      </div>
      {paused && inbox.paused_reason && (
        <p className="warning">
          <Icon name="triangle-alert" size="s" />
          {text.pausedWhy(inbox.paused_reason)}
        </p>
      )}
      {inbox.snippet ? (
        <Copyable label={text.snippet} value={inbox.snippet} />
      ) : (
        inbox.hook_url && <Copyable label={text.hook} value={inbox.hook_url} />
      )}
      {admin && (
        <div className="form-end">
          <Button look="danger" onClick={() => setSure(true)}>
            {text.disconnect}
          </Button>
          <Button onClick={() => after(api.changeInbox(inbox.id, { active: paused }), "The channel was not changed.")}>
            {paused ? text.resume : text.pause}
          </Button>
          <Button icon="pencil" onClick={onEdit}>
            {text.edit}
          </Button>
        </div>
      )}
      {sure && (
        <Dialog title={text.disconnect} onClose={() => setSure(false)}>
          <p>{text.disconnectSure(inbox.name)}</p>
          <div className="form-end">
            <Button onClick={() => setSure(false)}>{text.cancel}</Button>
            <Button
              look="danger"
              onClick={() => {
                setSure(false);
                after(api.removeInbox(inbox.id), "The channel was not disconnected.");
              }}
            >
              {text.disconnect}
            </Button>
          </div>
        </Dialog>
      )}
    </section>
  );
}

function seen(inbox: Inbox): string {
  const parts = [
    inbox.last_in_at && text.lastIn(shortTime(inbox.last_in_at)),
    inbox.last_out_at && text.lastOut(shortTime(inbox.last_out_at)),
  ].filter(Boolean);
  return parts.length ? parts.join(", ") : text.nothingYet;
}
