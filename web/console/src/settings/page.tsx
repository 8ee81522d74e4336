import { useEffect } from "react";
import { Link, Redirect, useParams } from "wouter";
import type { Me } from "../api/types";
import { Icon } from "../ui/icon";
import type { IconName } from "../ui/icons";
import { Channels } from "./channels";
import { MySettings } from "./me";
import { text } from "./messages";
import { PhoneSettings } from "./phone";
import "../ui/page.css";
import "./settings.css";
import { Team } from "./team";
import { Tokens } from "./tokens";
import { WorkspaceSettings } from "./workspace";

const sections: Record<string, { icon: IconName; page: (props: { me: Me }) => React.ReactNode }> = {
  me: { icon: "user-round", page: MySettings },
  channels: { icon: "inbox", page: Channels },
  phone: { icon: "phone", page: PhoneSettings },
  team: { icon: "users", page: Team },
  tokens: { icon: "key-round", page: Tokens },
  workspace: { icon: "layers", page: WorkspaceSettings },
};

export default function Settings({ me }: { me: Me }) {
  const { section = "me" } = useParams<{ section?: string }>();
  const shown = sections[section];
  useEffect(() => {
    document.title = `${text.sections[section] ?? ""} · ${text.settings}`;
  }, [section]);
  if (!shown) return <Redirect to="/settings/me" replace />;
  const Page = shown.page;
  return (
    <div className="page settings">
      <nav className="settings-nav" aria-label={text.settings}>
        <Link href="/inbox/mine" className="settings-back">
          <Icon name="arrow-left" size="s" />
          {text.back}
        </Link>
        {Object.entries(sections).map(([key, { icon }]) => (
          <Link
            key={key}
            href={`/settings/${key}`}
            className={`view-link ${key === section ? "is-active" : ""}`}
            aria-current={key === section ? "page" : undefined}
          >
            <Icon name={icon} />
            {text.sections[key]}
          </Link>
        ))}
      </nav>
      <main className="settings-main" tabIndex={0} aria-label={text.sections[section]}>
        <div className="settings-column">
          <h1>{text.sections[section]}</h1>
          <Page me={me} />
        </div>
      </main>
    </div>
  );
}
