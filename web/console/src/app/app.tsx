import { useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { ApiError, setCsrf, whenSignedOut } from "../api/client";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Case, Me } from "../api/types";
import { CallBar } from "../calls/bar";
import { outboxOf } from "../live/outbox";
import { connect } from "../live/socket";
import { Palette } from "../search/palette";
import { learn } from "../ui/channel";
import { listenForKeys, useCommands } from "../ui/commands";
import { Sprite } from "../ui/icon";
import { following, preferences, takeOver } from "../ui/preferences";
import { Failed, Late } from "../ui/states";
import { Toaster, takeToast } from "../ui/toast";
import { ConnectionLine } from "./connection-line";
import { InboxPage } from "./inbox-page";
import { text } from "./messages";
import { NewConversation } from "./new-conversation";
import { Shortcuts } from "./shortcuts";

const SignIn = lazy(() => import("../signin/sign-in"));
const LinkPage = lazy(() => import("../signin/link"));
const Settings = lazy(() => import("../settings/page"));
const Promises = lazy(() => import("../promises/page"));
const Reports = lazy(() => import("../reports/page"));
const SearchPage = lazy(() => import("../search/page").then((module) => ({ default: module.SearchPage })));

export function App() {
  const client = useQueryClient();
  const [location, go] = useLocation();
  /** How the session came to its end, if it did. */
  const [gone, setGone] = useState<"" | "ended" | "left">("");
  const link = location.startsWith("/link/") ? location.slice("/link/".length) : "";
  const me = useQuery({
    queryKey: keys.me,
    queryFn: api.me,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    enabled: !link,
  });

  const signedIn = useCallback(
    (now: Me, to = "/") => {
      setCsrf(now.csrf);
      client.setQueryData(keys.me, now);
      setGone("");
      if (/^\/(?:signin|link)/u.test(window.location.pathname)) go(to, { replace: true });
    },
    [client, go],
  );
  const signedOut = useCallback(
    (how: "ended" | "left") => {
      if (!client.getQueryData(keys.me)) return;
      setGone(how);
      client.removeQueries();
    },
    [client],
  );
  useEffect(() => whenSignedOut(() => signedOut("ended")), [signedOut]);
  useEffect(() => {
    if (me.data) setCsrf(me.data.csrf);
  }, [me.data]);

  const out = me.isError && me.error instanceof ApiError && me.error.status === 401;
  return (
    <>
      <Sprite />
      <Suspense fallback={null}>
        {link ? (
          <LinkPage
            token={link}
            onSignedIn={(now, first) => signedIn(now, first ? "/settings/channels?connect=1" : "/")}
          />
        ) : out || gone || location === "/signin" ? (
          <SignIn wasSignedIn={gone === "ended"} onSignedIn={signedIn} />
        ) : me.data ? (
          <Console me={me.data} onSignedOut={signedOut} />
        ) : me.isError ? (
          <Late>
            <Failed what="Onethread could not be opened." error={me.error} retry={() => void me.refetch()} />
          </Late>
        ) : null}
      </Suspense>
      <Toaster />
    </>
  );
}

/** What nobody waits for leaves the line to the list. */
const AFTER_FIRST_PAINT_MS = 1500;

type Over = "palette" | "shortcuts" | "new" | null;

function Console({ me, onSignedOut }: { me: Me; onSignedOut: (how: "ended" | "left") => void }) {
  const client = useQueryClient();
  const [, go] = useLocation();
  const [over, setOver] = useState<Over>(null);
  const rows = useRef<Case[]>([]);
  const channels = useChannels();
  const tookRows = useCallback((now: Case[]) => {
    rows.current = now;
  }, []);

  useEffect(() => outboxOf(me.id), [me.id]);
  useEffect(() => connect(client, () => onSignedOut("ended")), [client, onSignedOut]);
  useEffect(listenForKeys, []);
  useFollowedPreferences(me);

  const signOut = () => void api.signOut().finally(() => onSignedOut("left"));
  const view = (key: string) => () => go(`/inbox/${key}`);
  useCommands([
    {
      id: "palette",
      label: "Command palette",
      keys: ["Mod+k"],
      group: "Go",
      hidden: true,
      run: () => setOver("palette"),
    },
    { id: "search", label: "Search", keys: ["/"], group: "Go", run: () => go("/search") },
    { id: "shortcuts", label: text.shortcuts, keys: ["?"], group: "Go", run: () => setOver("shortcuts") },
    { id: "new", label: text.newConversation, keys: ["c"], group: "Go", run: () => setOver("new") },
    { id: "go-mine", label: "Go to My inbox", keys: ["g i"], group: "Go", run: view("mine") },
    { id: "go-unassigned", label: "Go to Unassigned", keys: ["g u"], group: "Go", run: view("unassigned") },
    { id: "go-all", label: "Go to All open", keys: ["g a"], group: "Go", run: view("all") },
    { id: "go-snoozed", label: "Go to Snoozed", keys: ["g s"], group: "Go", run: view("snoozed") },
    { id: "go-promises", label: "Go to Promises", keys: ["g p"], group: "Go", run: () => go("/promises") },
    { id: "go-reports", label: "Go to Reports", keys: ["g r"], group: "Go", run: () => go("/reports") },
    { id: "go-settings", label: "Go to Settings", keys: ["g ,"], group: "Go", run: () => go("/settings/me") },
    { id: "undo", label: "Undo the last action", keys: ["Mod+z"], group: "Go", hidden: true, run: takeToast },
    { id: "sign-out", label: "Sign out", group: "Go", run: signOut },
  ]);
  return (
    <>
      <ConnectionLine />
      <CallBar />
      <Switch>
        <Route path="/inbox/:view/:thread?">
          <InboxPage
            me={me}
            onPalette={() => setOver("palette")}
            onShortcuts={() => setOver("shortcuts")}
            onSignOut={signOut}
            onNew={() => setOver("new")}
            onRows={tookRows}
          />
        </Route>
        <Route path="/search">
          <SearchPage channels={channels} />
        </Route>
        <Route path="/promises">
          <Promises me={me} />
        </Route>
        <Route path="/reports">
          <Reports />
        </Route>
        <Route path="/settings/:section?">
          <Settings me={me} />
        </Route>
        <Route>
          <Landing />
        </Route>
      </Switch>
      {over === "palette" && <Palette cases={rows.current} onClose={() => setOver(null)} />}
      {over === "shortcuts" && <Shortcuts onClose={() => setOver(null)} />}
      {over === "new" && <NewConversation onClose={() => setOver(null)} />}
    </>
  );
}

/** Where there is something to do: one's own cases, else everybody's. */
function Landing() {
  const views = useQuery({ queryKey: keys.views, queryFn: api.views });
  if (views.isPending) return null;
  const mine = views.data?.find((view) => view.key === "mine");
  return <Redirect to={mine?.count === 0 ? "/inbox/all" : "/inbox/mine"} replace />;
}

/** The words and looks of the channels there are. */
function useChannels(): string[] {
  const [quiet, setQuiet] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setQuiet(true), AFTER_FIRST_PAINT_MS);
    return () => clearTimeout(timer);
  }, []);
  const inboxes = useQuery({
    queryKey: keys.inboxes,
    queryFn: api.inboxes,
    staleTime: 60_000,
    retry: false,
    enabled: quiet,
  });
  const connectors = useQuery({
    queryKey: keys.connectors,
    queryFn: api.connectors,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    enabled: quiet,
  });
  useEffect(() => {
    for (const { capabilities } of connectors.data ?? []) learn(String(capabilities.channel), capabilities);
  }, [connectors.data]);
  return [...new Set((inboxes.data ?? []).map((inbox) => inbox.channel))];
}

/** Theme and text size follow the agent to every device. */
function useFollowedPreferences(me: Me): void {
  const client = useQueryClient();
  const first = useRef(me.settings);
  useEffect(() => {
    takeOver(first.current);
    let known = JSON.stringify(following(preferences.get()));
    return preferences.subscribe(() => {
      const now = following(preferences.get());
      if (JSON.stringify(now) === known) return;
      known = JSON.stringify(now);
      api.changeMe({ settings: now }).then(
        (changed) => client.setQueryData<Me>(keys.me, (old) => old && { ...old, settings: changed.settings }),
        () => undefined,
      );
    });
  }, [client]);
}
