import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "wouter";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Connector, Envelope, Inbox, Me } from "../api/types";
import { Button } from "../ui/button";
import { ChannelGlyph } from "../ui/channel";
import { Dialog } from "../ui/dialog";
import { Icon } from "../ui/icon";
import { Empty, Failed, Skeleton } from "../ui/states";
import { complain } from "../ui/toast";
import { Card, Copyable } from "./card";
import { DeadEnvelopes, useDeadEnvelopes } from "./envelopes";
import { Health } from "./health";
import { InboxForm } from "./inbox-form";
import { text } from "./messages";
import { TryOut } from "./try-out";

const LOOK_AGAIN_MS = 5000;

export function Channels({ me }: { me: Me }) {
  const [params, setParams] = useSearchParams();
  const inboxes = useQuery({ queryKey: keys.inboxes, queryFn: api.inboxes, refetchInterval: LOOK_AGAIN_MS });
  const connectors = useQuery({ queryKey: keys.connectors, queryFn: api.connectors });
  const [editing, setEditing] = useState<Inbox | null>(null);
  const [trying, setTrying] = useState<Inbox | null>(null);
  const admin = me.role !== "agent";
  const dead = useDeadEnvelopes(admin);
  const known = new Set(inboxes.data?.map((inbox) => inbox.id));
  const ofNone = dead.filter((envelope) => !known.has(envelope.inbox_id));
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
          dead={dead.filter((envelope) => envelope.inbox_id === inbox.id)}
          onEdit={() => setEditing(inbox)}
          onTry={() => setTrying(inbox)}
        />
      ))}
      {inboxes.isSuccess && ofNone.length > 0 && (
        <Card title={text.gone}>
          <DeadEnvelopes dead={ofNone} />
        </Card>
      )}
      {connecting && admin && (
        <Dialog title={text.connect} onClose={() => connect(false)} className="inbox-dialog">
          {connectors.isError && (
            <Failed what={text.failed} error={connectors.error} retry={() => void connectors.refetch()} />
          )}
          {connectors.data && (
            <Connect
              connectors={connectors.data}
              onConnected={(inbox) => {
                connect(false);
                setTrying(inbox);
              }}
            />
          )}
        </Dialog>
      )}
      {trying && (
        <Dialog title={text.tryOut(trying.name)} onClose={() => setTrying(null)} className="inbox-dialog">
          <TryOut inbox={trying} onDone={() => setTrying(null)} />
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

function Connect({ connectors, onConnected }: { connectors: Connector[]; onConnected: (inbox: Inbox) => void }) {
  const [chosen, setChosen] = useState<Connector | null>(null);
  if (chosen) return <InboxForm connector={chosen} onDone={onConnected} onBack={() => setChosen(null)} />;
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

interface InboxCardProps {
  inbox: Inbox;
  label: string;
  admin: boolean;
  dead: Envelope[];
  onEdit: () => void;
  onTry: () => void;
}

function InboxCard({ inbox, label, admin, dead, onEdit, onTry }: InboxCardProps) {
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
          <h2 className="settings-row-title">{inbox.name}</h2>
          <span className="quiet">{[label, inbox.address].filter(Boolean).join(" · ")}</span>
        </span>
        <span className={`chip ${paused || inbox.trouble ? "chip-warn" : "chip-ok"}`}>
          {paused ? text.paused : inbox.trouble ? text.troubled : text.active}
        </span>
      </div>
      <Health inbox={inbox} unread={dead.length} />
      {dead.length > 0 && <DeadEnvelopes dead={dead} />}
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
          {!paused && <Button onClick={onTry}>{text.tryIt}</Button>}
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
