import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { api } from "../api/endpoints";
import { keys } from "../api/keys";
import type { Me, View } from "../api/types";
import { Avatar } from "../ui/avatar";
import { Icon, iconOr } from "../ui/icon";
import type { IconName } from "../ui/icons";
import { MenuButton } from "../ui/menu";
import { prefer, usePreferences } from "../ui/preferences";
import { capped } from "../ui/words";
import { text } from "./messages";

interface ViewsProps {
  me: Me;
  active: string;
  onPalette: () => void;
  onShortcuts: () => void;
  onSignOut: () => void;
  /** Where its width is changed. */
  edge: ReactNode;
}

const groups: [View["group"], string][] = [
  ["personal", ""],
  ["shared", text.sharedViews],
  ["mine", text.myViews],
  ["channels", text.channels],
];

const pages: [string, IconName, string][] = [
  ["/promises", "clock", text.promises],
  ["/reports", "layers", text.reports],
];

export function Views({ me, active, onPalette, onShortcuts, onSignOut, edge }: ViewsProps) {
  const views = useQuery({ queryKey: keys.views, queryFn: api.views });
  const [, go] = useLocation();
  const { theme } = usePreferences();
  const themes = ["system", "light", "dark"] as const;
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? "system";
  return (
    <nav className="views" aria-label={text.views}>
      {edge}
      <div className="views-head">
        <span className="logo" aria-hidden="true">
          {me.workspace[0]?.toUpperCase() ?? "O"}
        </span>
        <span className="workspace grow ellipsis">{me.workspace}</span>
      </div>
      <button type="button" className="find" onClick={onPalette}>
        <Icon name="search" size="s" />
        <span className="grow find-words">{text.search}</span>
        <kbd aria-hidden="true">Ctrl K</kbd>
      </button>
      <div className="views-scroll">
        {groups.map(([group, heading]) => {
          const shown = (views.data ?? []).filter((view) => view.group === group);
          return (
            shown.length > 0 && (
              <section key={group} aria-label={heading || text.views}>
                {heading && <h2 className="views-group">{heading}</h2>}
                {shown.map((view) => (
                  <ViewLink key={view.key} view={view} active={view.key === active} />
                ))}
              </section>
            )
          );
        })}
        <section aria-label={text.more}>
          {pages.map(([href, icon, label]) => (
            <Link key={href} href={href} className="view-link" title={label}>
              <Icon name={icon} />
              <span className="grow ellipsis view-name">{label}</span>
            </Link>
          ))}
        </section>
      </div>
      <div className="views-me">
        <MenuButton
          label={`${text.account}: ${me.name} ${me.email}`}
          className="me-button grow"
          items={[
            { key: "theme", label: text.theme[theme], icon: "moon", run: () => prefer({ theme: next }) },
            { key: "keys", label: text.shortcuts, icon: "keyboard", hint: "?", run: onShortcuts },
            { key: "out", label: text.signOut, icon: "log-out", run: onSignOut },
          ]}
        >
          <Avatar id={me.id} name={me.name} size="m" online />
          <span className="me-words grow">
            <span className="me-name ellipsis">{me.name}</span> <span className="me-role ellipsis">{me.email}</span>
          </span>
        </MenuButton>
        <button
          type="button"
          className="icon-button"
          aria-label={text.settings}
          title={text.settings}
          onClick={() => go("/settings/me")}
        >
          <Icon name="settings" />
        </button>
      </div>
    </nav>
  );
}

function ViewLink({ view, active }: { view: View; active: boolean }) {
  return (
    <Link
      href={`/inbox/${view.key}`}
      className={`view-link ${active ? "is-active" : ""}`}
      aria-current={active ? "page" : undefined}
      title={view.name}
    >
      <Icon name={iconOr(view.icon, "layers")} />
      <span className="grow ellipsis view-name">{view.name}</span>
      {view.count > 0 && (
        <span className="view-count" title={String(view.count)}>
          {capped(view.count)}
        </span>
      )}
    </Link>
  );
}
