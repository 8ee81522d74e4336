/** Words and forms of the visitor's language. English is always there; another language is one JSON file, loaded alone. */
import english from "../locales/en.json";

export type Word = keyof typeof english;

const files = import.meta.glob<string>(["../locales/*.json", "!../locales/en.json"], {
  query: "?url",
  import: "default",
  eager: true,
});
const RIGHT_TO_LEFT = /^(ar|fa|he|ur)\b/;

let words: Partial<Record<Word, string>> = english;
export let language = "en";

/** The first wish that we have words for: the page's, the browser's, the inbox's. */
export async function speak(wishes: readonly (string | undefined)[]): Promise<void> {
  for (const wish of wishes) {
    const plain = wish?.split("-")[0];
    const file = files[`../locales/${wish}.json`] ?? files[`../locales/${plain}.json`];
    if (!wish || !(file || plain === "en")) continue;
    try {
      if (file) words = await (await fetch(file)).json();
      language = wish;
      break;
    } catch {
      // The next wish, then.
    }
  }
  document.documentElement.lang = language;
  document.documentElement.dir = RIGHT_TO_LEFT.test(language) ? "rtl" : "ltr";
}

export function t(word: Word, values: Record<string, string | number> = {}): string {
  const text = words[word] ?? english[word];
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** For what came through another channel: a channel without words of its own is named. */
export function tChannel(prefix: "you" | "team", channel: string, values: Record<string, string>): string {
  const own = `${prefix}_${channel}` as Word;
  return t(own in english ? own : `${prefix}_other`, { ...values, channel });
}
