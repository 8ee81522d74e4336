import { useEffect } from "preact/hooks";
import { Line } from "./Line";
import { type App, type PhoneView, touch } from "./phone";
import { Talk } from "./Talk";

const APPS: { key: App; name: string }[] = [
  { key: "sms", name: "Messages" },
  { key: "instagram", name: "Instagram" },
  { key: "call", name: "Phone" },
];

interface Props {
  phone: PhoneView;
  app: App;
  /** How many of each the customer hasn't looked at. */
  fresh: Record<App, number>;
  onApp(app: App): void;
  /** Something was done: look again at once. */
  onDone(): void;
}

/** Maya's telephone. Everything goes through the providers' own interfaces, played on this machine. */
export function Phone({ phone, app, fresh, onApp, onDone }: Props) {
  const looking = app === "instagram" && phone.unread > 0;
  useEffect(() => {
    if (looking) touch("read").then(onDone, () => undefined);
  }, [looking]);

  return (
    <main class="phone-page">
      <section class="phone" aria-label="Maya's phone">
        <header>
          <span>{phone.number}</span>
          <span>@{phone.handle}</span>
        </header>
        <div class="screen">
          {app === "call" ? (
            <Line phone={phone} onDone={onDone} />
          ) : (
            <Talk
              key={app}
              app={app}
              said={phone[app]}
              typing={app === "instagram" && phone.typing}
              shop={app === "sms" ? phone.shop : "fernandfell"}
              onDone={onDone}
            />
          )}
        </div>
        <nav aria-label="Phone">
          {APPS.map(({ key, name }) => (
            <button key={key} type="button" aria-current={key === app ? "page" : undefined} onClick={() => onApp(key)}>
              <span class={`glyph ${key}`} aria-hidden="true" />
              {name}
              {fresh[key] > 0 && (
                <b class="fresh">
                  {fresh[key]}
                  <span class="hidden"> new</span>
                </b>
              )}
            </button>
          ))}
        </nav>
      </section>
    </main>
  );
}
