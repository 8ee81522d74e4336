import type { Saved } from "./drafts";
import { text } from "./messages";

export function SavedWords({ saved }: { saved: Saved }) {
  const words = { "": "", saving: text.draftSaving, saved: text.draftSaved, local: text.draftLocal }[saved];
  return <span className="saved-words">{words}</span>;
}
