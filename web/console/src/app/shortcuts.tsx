import { useState } from "react";
import { useAllCommands, written } from "../ui/commands";
import { Dialog } from "../ui/dialog";
import { matches } from "../ui/match";
import { text } from "./messages";

/** What the text field does by itself, and so no command says. */
const inText = [
  ["Mod+Enter", "Send, or add the note"],
  ["Mod+Shift+Enter", "Send and done"],
  ["Mod+/", "Choose the channel"],
] as const;

export function Shortcuts({ onClose }: { onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const commands = useAllCommands();
  const rows = [
    ...commands
      .filter((one) => one.keys?.length)
      .map((one) => ({ group: one.group, label: one.label, keys: one.keys ?? [] })),
    ...inText.map(([keys, label]) => ({ group: "While writing", label, keys: [keys] })),
  ].filter((row) => matches(typed, `${row.label} ${row.group}`));
  const groups = Map.groupBy(rows, (row) => row.group);
  return (
    <Dialog title={text.shortcuts} onClose={onClose} className="shortcuts">
      <input
        className="input"
        data-autofocus
        type="search"
        aria-label={text.findShortcut}
        placeholder={text.findShortcut}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      {!rows.length && <p className="quiet">{text.noShortcut}</p>}
      <div className="shortcut-groups" tabIndex={0} role="group" aria-label={text.shortcuts}>
        {[...groups].map(([group, members]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {members.map((row) => (
                <div key={row.label} className="shortcut">
                  <dt>{row.label}</dt>
                  <dd>
                    {row.keys.map((keys) => (
                      <kbd key={keys}>{written(keys)}</kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
