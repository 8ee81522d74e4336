import { useState } from "preact/hooks";
import type { DemoConfig } from "./api";

const DONE = "onethread-story";
const NARROW = "(width < 1180px)";

function kept(): number[] {
  try {
    return JSON.parse(sessionStorage.getItem(DONE) ?? "[]");
  } catch {
    return [];
  }
}

/** What to click so that the whole story takes place, with a tick for each step that is done. */
export function Story({ config, onGo }: { config: DemoConfig; onGo(place: string): void }) {
  const [done, setDone] = useState(kept);
  const [copied, setCopied] = useState(-1);
  const tick = (step: number) => {
    const next = done.includes(step) ? done.filter((one) => one !== step) : [...done, step];
    sessionStorage.setItem(DONE, JSON.stringify(next));
    setDone(next);
  };
  const copy = async (step: number, words: string) => {
    await navigator.clipboard.writeText(words);
    setCopied(step);
  };
  return (
    <aside class="story" aria-label="About this page">
      <p>
        You play the customer, Maya. The agent answers in the{" "}
        {config.console ? (
          <a href={config.console} target="_blank" rel="noopener">
            console
          </a>
        ) : (
          "console"
        )}
        ; keep both side by side.
      </p>
      <details open={!matchMedia(NARROW).matches}>
        <summary>
          Play the story <span class="quiet">five channels, one thread, five minutes</span>
        </summary>
        <ol>
          {config.story.map((step, number) => (
            <li key={step.do} class={step.who.toLowerCase()}>
              <p>
                <input
                  type="checkbox"
                  aria-label={`Step ${number + 1} is done`}
                  checked={done.includes(number)}
                  onChange={() => tick(number)}
                />
                <span>
                  <b>{step.who}</b> {step.do}
                </span>
              </p>
              {step.say && <q>{step.say}</q>}
              {(step.say || step.place) && (
                <span class="hands">
                  {step.say && (
                    <button type="button" onClick={() => copy(number, step.say)}>
                      {copied === number ? "Copied" : "Copy"}
                      <span class="hidden"> “{step.say}”</span>
                    </button>
                  )}
                  {step.place && (
                    <button type="button" onClick={() => onGo(step.place)}>
                      Go there<span class="hidden">, step {number + 1}</span>
                    </button>
                  )}
                </span>
              )}
            </li>
          ))}
        </ol>
      </details>
    </aside>
  );
}
